/** The directory of an upload's parts. */
import { rm } from 'node:fs'
import { promisify } from 'node:util'

const remove = promisify(rm)

/**
 * Removes the parts of an upload that has ended. If a part is being written meanwhile, something may
 * stay behind, which the next start removes.
 */
export async function removeUploadDirectory(path: string): Promise<void> {
  await remove(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {})
}
