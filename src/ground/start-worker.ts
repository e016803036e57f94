/** Starts threads of this process. */
import { Worker } from 'node:worker_threads'

/**
 * Of the memory in which a thread makes its objects, MiB. The engine's own choice is several times
 * as much, and a thread takes it before it looks for what it no longer uses.
 */
const youngGenerationMib = 4

/** The code of the thread is beside the file that starts it, compiled as that is. */
export function startWorker(from: string, name: string, workerData?: unknown): Worker {
  const file = new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)
  return new Worker(file, { workerData, resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMib } })
}
