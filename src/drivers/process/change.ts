import { type FSWatcher, watch } from 'node:fs'
import { delay } from '../../ground/timers.ts'

/** Reports changes of the files in an attempt's directory, without polling. */
export interface DirectoryWatch {
  /**
   * Resolves when a file changed since the last call, or when `subscribe` resumes it, at the latest
   * after `atMostMs`.
   */
  changed(atMostMs: number, signal?: AbortSignal, subscribe?: (resume: () => void) => () => void): Promise<void>
  close(): void
}

/** Milliseconds between two looks when the kernel has no watches left. */
const blindMs = 100

export function watchDirectory(directory: string): DirectoryWatch {
  let happened = false
  let blind = false
  let watcher: FSWatcher | undefined
  const waiting = new Set<() => void>()
  const wakeAll = () => {
    for (const wake of [...waiting]) wake()
  }
  const goBlind = () => {
    blind = true
    wakeAll()
  }
  try {
    watcher = watch(directory, () => {
      happened = true
      wakeAll()
    })
    watcher.on('error', goBlind)
  } catch {
    // The directory is gone, or there are no watches left (ENOSPC, EMFILE). It is polled instead.
    goBlind()
  }
  return {
    async changed(atMostMs, signal, subscribe) {
      if (!happened) {
        const subscribeToAll = (resume: () => void) => {
          waiting.add(resume)
          const unsubscribe = subscribe?.(resume)
          return () => {
            waiting.delete(resume)
            unsubscribe?.()
          }
        }
        await delay(blind ? Math.min(blindMs, atMostMs) : atMostMs, signal, { subscribe: subscribeToAll })
      }
      happened = false
    },
    close: () => watcher?.close(),
  }
}
