import { existsSync, readdirSync } from 'node:fs'
import type { Containers } from './containers.ts'

/** Which of the host's GPUs each attempt gets. Batch gives a GPU to one attempt at a time. */
export interface GpuClaims {
  /**
   * The ids of that many GPUs that no live attempt holds, kept for this attempt until `release`; `undefined` if so many are
   * not free. What containers hold is read from the engine, so a claim need only last until its container is there.
   */
  claim(attempt: string, count: number): Promise<readonly string[] | undefined>
  release(attempt: string): void
}

/** GPUs are named by their numbers, `0` to `total - 1`, as the NVIDIA runtime counts them. */
export function createGpuClaims(containers: Pick<Containers, 'list'>, total: number): GpuClaims {
  const claimed = new Map<string, readonly string[]>()
  return {
    async claim(attempt, count) {
      if (count === 0) return []
      // Looked at before and after: a claim that becomes a container meanwhile is seen as the one or the other.
      const before = [...claimed]
      const live = (await containers.list()).filter((row) => row.status !== 'exited' && row.status !== 'dead')
      const others = [...live.map((row) => [row.attempt, row.gpuIds] as const), ...before, ...claimed]
      const taken = new Set(others.flatMap(([name, ids]) => (name === attempt ? [] : ids)))
      const free = Array.from({ length: total }, (_, index) => String(index)).filter((id) => !taken.has(id))
      if (free.length < count) return undefined
      const ids = free.slice(0, count)
      claimed.set(attempt, ids)
      return ids
    },
    release: (attempt) => void claimed.delete(attempt),
  }
}

/** The NVIDIA driver lists its devices here; no such folder, no GPU. */
export function countGpus(folder = '/proc/driver/nvidia/gpus'): number {
  return existsSync(folder) ? readdirSync(folder).length : 0
}
