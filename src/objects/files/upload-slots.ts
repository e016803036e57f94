/**
 * Where the parts of an upload lie in one file, each at its place in the object to be, so that
 * completing the upload copies nothing. Clients send parts of one size, but for the last. A part
 * that does not fit gets a file of its own.
 */

/** The name of that file. */
export const joinedName = 'joined'

interface OpenUpload {
  /** Of all parts but the last. */
  readonly partBytes: number
  /** Parts that lie there or are being written there. Nothing is ever written over one. */
  readonly taken: Set<number>
  writers: number
}

/** Remembers the uploads that this process began. */
export class UploadSlots {
  readonly #uploads = new Map<string, OpenUpload | 'new'>()

  begin(uploadId: string): void {
    this.#uploads.set(uploadId, 'new')
  }

  end(uploadId: string): void {
    this.#uploads.delete(uploadId)
  }

  /** Whether a part is being written. */
  isBusy(uploadId: string): boolean {
    const upload = this.#uploads.get(uploadId)
    return upload !== undefined && upload !== 'new' && upload.writers > 0
  }

  /** Where the part begins. Undefined if it does not fit. Say when it is written, or was not. */
  take(uploadId: string, number: number, bytes: number): number | undefined {
    const known = this.#uploads.get(uploadId)
    if (known === undefined || bytes === 0) return undefined
    const upload = known === 'new' ? { partBytes: bytes, taken: new Set<number>(), writers: 0 } : known
    if (bytes > upload.partBytes || upload.taken.has(number)) return undefined
    this.#uploads.set(uploadId, upload)
    upload.taken.add(number)
    upload.writers++
    return (number - 1) * upload.partBytes
  }

  written(uploadId: string, number: number, isKept: boolean): void {
    const upload = this.#uploads.get(uploadId)
    if (upload === undefined || upload === 'new') return
    upload.writers--
    if (!isKept) upload.taken.delete(number)
  }
}
