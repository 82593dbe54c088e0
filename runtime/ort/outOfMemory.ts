/** @file Whether an error means that memory ran out: ONNX Runtime, V8 and the system each say it in other words. */

const words =
  /bad_alloc|array buffer allocation failed|cannot allocate memory|failed to allocate memory|out of memory/i;

export const isOutOfMemory = (error: unknown): boolean => error instanceof Error && words.test(error.message);
