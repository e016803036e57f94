/**
 * Forces directories to disk. All writers of one directory who come while it is being forced share
 * the next time.
 */
import { syncFd } from './descriptors.ts'

export class DirectorySync {
  readonly #underWay = new Map<string, { now: Promise<void>; next: Promise<void> | undefined }>()

  /** Resolves when what is in the directory now is on disk. */
  sync(path: string, fd: number): Promise<void> {
    const running = this.#underWay.get(path)
    if (running) {
      // It may have begun before this writer's change.
      running.next ??= running.now.then(() => this.#run(path, fd))
      return running.next
    }
    return this.#run(path, fd)
  }

  #run(path: string, fd: number): Promise<void> {
    const now = syncFd(fd)
    const entry = { now: now.catch(() => {}), next: undefined }
    this.#underWay.set(path, entry)
    entry.now.then(() => {
      if (this.#underWay.get(path) === entry && entry.next === undefined) this.#underWay.delete(path)
    })
    return now
  }
}
