import { Shop } from '../../shop.jsx';

export default async function Page({ searchParams }) {
  return <Shop {...await searchParams} />;
}
