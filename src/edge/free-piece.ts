/**
 * Frees the memory of a piece of a body at once. Otherwise the engine counts it until its next
 * collection, and begins one of the whole heap for each 64 MiB: of a long body that costs more than
 * all else that is done with it.
 */

/** Below this, to free it costs more than it saves. */
const leastBytes = 4096

/** The piece is empty afterwards. Nothing happens to one that shares its memory with others. */
export function freePiece({ buffer, length }: Uint8Array): void {
  if (length >= leastBytes && buffer.byteLength === length && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
