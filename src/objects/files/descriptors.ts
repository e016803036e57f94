/** The calls of the file system that the store makes, as promises. File descriptors are numbers. */
import fs from 'node:fs'
import { promisify } from 'node:util'

export const openFd: (path: string, flags: number, mode?: number) => Promise<number> = promisify(fs.open)
export const closeFd: (fd: number) => Promise<void> = promisify(fs.close)
export const syncFd: (fd: number) => Promise<void> = promisify(fs.fsync)
export const syncData: (fd: number) => Promise<void> = promisify(fs.fdatasync)
export const makeDirectory: (path: string, mode: number) => Promise<void> = promisify(fs.mkdir)
export const removeDirectory: (path: string) => Promise<void> = promisify(fs.rmdir)
export const rename: (from: string, to: string) => Promise<void> = promisify(fs.rename)
export const link: (from: string, to: string) => Promise<void> = promisify(fs.link)
export const unlink: (path: string) => Promise<void> = promisify(fs.unlink)
export const readLink: (path: string) => Promise<string> = promisify(fs.readlink)
export const truncate: (fd: number, bytes: number) => Promise<void> = promisify(fs.ftruncate)
export const namesIn: (path: string) => Promise<string[]> = promisify(fs.readdir)

/** Times in nanoseconds. */
export type FileStat = fs.BigIntStats

export function statFd(fd: number): Promise<FileStat> {
  return new Promise((resolve, reject) =>
    fs.fstat(fd, { bigint: true }, (error, stat) => (error ? reject(error) : resolve(stat))),
  )
}

/** Undefined if there is nothing. Does not follow a symbolic link. */
export function statPath(path: string): Promise<FileStat | undefined> {
  return new Promise((resolve, reject) =>
    fs.lstat(path, { bigint: true }, (error, stat) =>
      error ? (isAbsent(error) ? resolve(undefined) : reject(error)) : resolve(stat),
    ),
  )
}

/** Resolves with the number of bytes that were read: 0 at the end. */
export function readAt(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.read(fd, bytes, 0, bytes.length, position, (error, read) => (error ? reject(error) : resolve(read))),
  )
}

export async function writeAt(fd: number, pieces: readonly Uint8Array[], position: number): Promise<void> {
  let rest = pieces
  let at = position
  while (rest.length > 0) {
    const written = await new Promise<number>((resolve, reject) =>
      fs.writev(fd, rest, at, (error, bytes) => (error ? reject(error) : resolve(bytes))),
    )
    at += written
    rest = behind(rest, written)
  }
}

/** What is left of the pieces behind their first bytes. */
function behind(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  return pieces.flatMap((piece) => {
    const skipped = Math.min(skip, piece.length)
    skip -= skipped
    return skipped < piece.length || piece.length === 0 ? (piece.length === 0 ? [] : piece.subarray(skipped)) : []
  })
}

/** Forces to disk which names a directory holds. */
export async function syncDirectoryAt(path: string): Promise<void> {
  const fd = await openFd(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW)
  try {
    await syncFd(fd)
  } finally {
    await closeFd(fd)
  }
}

/** A path through an open directory: nobody can put a symbolic link in its way. */
export function inDirectory(fd: number, name: string): string {
  return `/proc/self/fd/${fd}/${name}`
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

/** Nothing is at the path, or something else is in its way. */
export function isAbsent(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG'
}
