/**
 * The file operations of the log store, as promises over plain descriptors. They cost half as much
 * as `FileHandle`.
 */
import {
  close as closeCallback,
  constants,
  fdatasync as fdatasyncCallback,
  fstat as fstatCallback,
  ftruncate as ftruncateCallback,
  open as openCallback,
  stat as statCallback,
  unlink as unlinkCallback,
  write as writeCallback,
} from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

export const closeFile = promisify(closeCallback)
export const fdatasync = promisify(fdatasyncCallback)
export const fstat = promisify(fstatCallback)
export const ftruncate = promisify(ftruncateCallback)
const open = promisify(openCallback)
const stat = promisify(statCallback)
const unlink = promisify(unlinkCallback)
const write = promisify(writeCallback)

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}

/** Opens for reading and writing. Makes the file, and its directory, if they do not exist. */
export async function openOrCreate(path: string): Promise<number> {
  const flags = constants.O_RDWR | constants.O_CREAT
  try {
    return await open(path, flags, 0o600)
  } catch (error) {
    if (!isMissing(error)) throw error
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return open(path, flags, 0o600)
  }
}

/** Undefined if the file does not exist. */
async function openExisting(path: string, flags: 'r' | 'r+'): Promise<number | undefined> {
  try {
    return await open(path, flags)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Undefined if the file does not exist. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/**
 * Writes all of `bytes` at `position`. If the disk takes only a part, the rest is tried again until
 * the disk takes it or fails.
 */
export async function writeAll(fd: number, bytes: Buffer, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await write(fd, bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/**
 * Opens the file, runs `use`, and closes the file whatever happens. Undefined if the file does not
 * exist.
 */
export async function withFile<T>(path: string, flags: 'r' | 'r+', use: (fd: number) => Promise<T>) {
  const fd = await openExisting(path, flags)
  if (fd === undefined) return undefined
  try {
    return await use(fd)
  } finally {
    await closeFile(fd)
  }
}
