// ONNX Runtime Web on WebAssembly, one thread, the items resident as a constant of the model: MatMul, then TopK.
import * as ort from 'onnxruntime-web/wasm';

export async function prepare({ n, dim, items }, k) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/modules/onnxruntime-web/dist/';
  const session = await ort.InferenceSession.create(model(n, dim, items, k), { executionProviders: ['wasm'] });
  return async (user) => {
    const { places } = await session.run({ user: new ort.Tensor('float32', user, [dim, 1]) });
    return Array.from(places.data, Number);
  };
}

// A model in the few fields of its protocol buffer that are needed here.
const FLOAT = 1;
const INT64 = 7;

function model(n, dim, items, k) {
  const node = (type, inputs, outputs, attributes = []) =>
    bytes(1, [
      ...inputs.map((name) => text(1, name)),
      ...outputs.map((name) => text(2, name)),
      text(4, type),
      ...attributes,
    ]);
  const constant = (name, type, dims, data) =>
    bytes(5, [...dims.map((size) => number(1, size)), number(2, type), text(8, name), raw(9, data)]);
  const value = (field, name, type, dims) => {
    const shape = bytes(
      2,
      dims.map((size) => bytes(1, [number(1, size)])),
    );
    return bytes(field, [text(1, name), bytes(2, [bytes(1, [number(1, type), shape])])]);
  };
  const attribute = (name, value) => bytes(5, [text(1, name), number(3, value), number(20, 2)]);
  const graph = bytes(7, [
    node('MatMul', ['items', 'user'], ['products']),
    node('Flatten', ['products'], ['scores'], [attribute('axis', 0)]),
    node('TopK', ['scores', 'k'], ['best', 'places'], [attribute('axis', 1)]),
    text(2, 'rank'),
    constant('items', FLOAT, [n, dim], new Uint8Array(items.buffer)),
    constant('k', INT64, [1], new Uint8Array(new BigInt64Array([BigInt(k)]).buffer)),
    value(11, 'user', FLOAT, [dim, 1]),
    value(12, 'best', FLOAT, [1, k]),
    value(12, 'places', INT64, [1, k]),
  ]);
  return concat([number(1, 9), graph, bytes(8, [text(1, ''), number(2, 17)])]);
}

const varint = (value) => {
  const out = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) + 128);
  return Uint8Array.from([...out, value]);
};
const number = (field, value) => concat([varint(field * 8), varint(value)]);
const raw = (field, data) => concat([varint(field * 8 + 2), varint(data.length), data]);
const text = (field, value) => raw(field, new TextEncoder().encode(value));
const bytes = (field, parts) => raw(field, concat(parts));

function concat(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
