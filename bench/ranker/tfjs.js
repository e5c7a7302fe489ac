// TensorFlow.js on WebAssembly, one thread, the items resident in a tensor.
import { setBackend, ready, tensor2d, tidy, topk, reshape, matMul } from '@tensorflow/tfjs-core';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

export async function prepare({ n, dim, items }, k) {
  setWasmPaths('/modules/@tensorflow/tfjs-backend-wasm/dist/');
  setThreadsCount(1);
  await setBackend('wasm');
  await ready();
  const resident = tensor2d(items, [n, dim]);
  return (user) =>
    tidy(() => {
      const scores = reshape(matMul(resident, tensor2d(user, [dim, 1])), [-1]);
      return Array.from(topk(scores, k, true).indices.dataSync());
    });
}
