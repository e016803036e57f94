/**
 * Buffers that have passed are memory until the collector looks, and it looks by the size of the
 * objects that hold them, which is small. In a container of 64 MiB that is too late, so a transfer
 * asks for a look every few megabytes. `gc` is there because the launcher starts Node with
 * `--expose-gc`.
 */
const everyBytes = 4 * 1_048_576
let passed = 0

export function bytesPassed(bytes: number): void {
  passed += bytes
  if (passed < everyBytes) return
  passed = 0
  globalThis.gc?.({ type: 'minor' })
}
