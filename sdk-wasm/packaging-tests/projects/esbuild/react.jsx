import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Shop } from '../shop.jsx';

const asked = Object.fromEntries(new URLSearchParams(location.search));
createRoot(document.body.appendChild(document.createElement('div'))).render(
  <StrictMode>
    <Shop {...asked} />
  </StrictMode>,
);
