// The best plain JavaScript that we could write: four running sums, and a heap for the best k.
export async function prepare({ n, dim, items }, k) {
  const scores = new Float32Array(n);
  const [heap, at] = [new Float32Array(k), new Uint32Array(k)];
  return (user) => {
    for (let row = 0; row < n; row++) {
      let [a, b, c, d] = [0, 0, 0, 0];
      const from = row * dim;
      for (let j = 0; j < dim; j += 4) {
        a += items[from + j] * user[j];
        b += items[from + j + 1] * user[j + 1];
        c += items[from + j + 2] * user[j + 2];
        d += items[from + j + 3] * user[j + 3];
      }
      scores[row] = a + b + c + d;
    }
    return best(scores, n, k, heap, at);
  };
}

function best(scores, n, k, heap, at) {
  let size = 0;
  for (let row = 0; row < n; row++) {
    const score = scores[row];
    if (size < k) {
      let child = size++;
      while (child > 0) {
        const parent = (child - 1) >> 1;
        if (heap[parent] <= score) break;
        heap[child] = heap[parent];
        at[child] = at[parent];
        child = parent;
      }
      heap[child] = score;
      at[child] = row;
    } else if (score > heap[0]) {
      let hole = 0;
      for (;;) {
        let child = 2 * hole + 1;
        if (child >= k) break;
        if (child + 1 < k && heap[child + 1] < heap[child]) child++;
        if (heap[child] >= score) break;
        heap[hole] = heap[child];
        at[hole] = at[child];
        hole = child;
      }
      heap[hole] = score;
      at[hole] = row;
    }
  }
  const order = Array.from({ length: size }, (_, place) => place).sort((a, b) => heap[b] - heap[a]);
  return order.map((place) => at[place]);
}
