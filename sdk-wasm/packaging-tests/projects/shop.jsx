'use client';
import { useImpression, useRank, useTracker } from 'bowerbird/react';

/** A shop of one shelf. */
export function Shop({ project, collector }) {
  const { track } = useTracker({ trackingId: project, endpoint: collector, campaign: 'films' });
  const { items, where } = useRank(['1', '2']);
  const seen = useImpression('7', 'shelf');
  return (
    <main data-where={where} ref={seen}>
      {items.map(({ itemId }) => (
        <button key={itemId} onClick={() => track('click', { itemId })}>
          {itemId}
        </button>
      ))}
    </main>
  );
}
