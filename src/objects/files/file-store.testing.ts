/** A store on files of its own, for tests. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { isObjectRefusal } from '../object-refusal.ts'
import type { ObjectStore } from '../object-store.ts'
import { attributeCalls } from './attribute-calls.ts'
import { FileObjectStore, type FileObjectStoreOptions } from './file-object-store.ts'

function newFolder(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'openbatch-objects-'))
}

export class FileStoreUnderTest {
  readonly folder = newFolder()
  readonly #options: Partial<FileObjectStoreOptions>
  #store: FileObjectStore | undefined

  constructor(options: Partial<FileObjectStoreOptions> = {}) {
    this.#options = options
  }

  get root(): string {
    return join(this.folder, 'objects')
  }

  get store(): FileObjectStore {
    return this.#store!
  }

  async open(): Promise<FileObjectStore> {
    this.#store = await FileObjectStore.open({
      ...{ root: this.root, indexPath: join(this.folder, 'objects.sqlite'), leastFreeBytes: 0 },
      settingsDirectory: join(this.folder, 'object-settings'),
      ...{ log: { warn: () => {} }, ...this.#options },
    })
    return this.#store
  }

  async reopen(): Promise<FileObjectStore> {
    await this.store.close()
    return this.open()
  }

  async remove(): Promise<void> {
    await this.#store?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Removes all buckets with what is in them. */
export async function empty(store: ObjectStore): Promise<void> {
  for (const { name } of store.buckets()) {
    const all = { prefix: '', delimiter: '', limit: 100_000 }
    const page = await store.listVersions(name, { ...all, afterKey: '', afterVersionId: '' })
    const uploads = await store.listUploads(name, { ...all, afterKey: '', afterUploadId: '' })
    if (isObjectRefusal(page) || isObjectRefusal(uploads)) continue
    for (const { key, versionId } of page.versions) await store.delete({ bucket: name, key, versionId })
    for (const upload of uploads.uploads) await store.abortUpload(upload)
    const refusal = await store.deleteBucket(name)
    if (refusal) throw new Error(refusal.message)
  }
}

/** Whether files of these stores can have extended attributes: older kernels keep none in memory. */
export async function keepsAttributes(): Promise<boolean> {
  const folder = newFolder()
  try {
    writeFileSync(join(folder, 'file'), '')
    await attributeCalls()!.setAttribute(join(folder, 'file'), 'user.openbatch', 'x')
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Within one step of its clock, an older kernel cannot show a change of a file. */
export async function clockMoved(folder: string): Promise<void> {
  const probe = join(folder, 'probe')
  const now = () => {
    writeFileSync(probe, '')
    return statSync(probe, { bigint: true }).ctimeNs
  }
  for (const first = now(); now() === first; ) await setImmediate()
}
