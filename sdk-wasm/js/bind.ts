import type { NewQueue, UploadQueue } from './queue.js';

const METHODS: (keyof UploadQueue)[] = ['push', 'next', 'ticket', 'report', 'wake', 'dropped'];

/** The queue among the exports of `pkg/tracker`. Numbers go in and come out, so the generated glue would do no more. */
export function bind(module: object): NewQueue {
  const exports = module as Record<string, (...numbers: number[]) => number>;
  return (batchSize, flushInterval) => {
    const queue = exports.uploadqueue_new!(batchSize, flushInterval);
    const bound = METHODS.map((name) => [
      name,
      (...numbers: number[]) => exports['uploadqueue_' + name]!(queue, ...numbers),
    ]);
    return Object.fromEntries(bound) as UploadQueue;
  };
}
