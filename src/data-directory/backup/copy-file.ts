/** Copies and hashes files piece by piece: logs may be larger than memory. */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { BackupFile } from './manifest.ts'

const pieceBytes = 1024 * 1024

/**
 * Copies also what is appended meanwhile. The copy is on disk when this returns, and only its owner
 * may read it.
 */
export function copyFile(from: string, to: string, path: string): BackupFile {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  const source = openSync(from, 'r')
  try {
    const target = openSync(to, 'wx', 0o600)
    try {
      const read = readThrough(source, (piece) => {
        for (let at = 0; at < piece.length; ) at += writeSync(target, piece, at)
      })
      fsyncSync(target)
      return { path, ...read }
    } finally {
      closeSync(target)
    }
  } finally {
    closeSync(source)
  }
}

export function hashFile(from: string, path: string): BackupFile {
  const source = openSync(from, 'r')
  try {
    return { path, ...readThrough(source, () => {}) }
  } finally {
    closeSync(source)
  }
}

function readThrough(source: number, take: (piece: Buffer) => void): { bytes: number; sha256: string } {
  const hash = createHash('sha256')
  const piece = Buffer.alloc(pieceBytes)
  let bytes = 0
  for (let read = readSync(source, piece); read > 0; read = readSync(source, piece)) {
    const part = piece.subarray(0, read)
    hash.update(part)
    take(part)
    bytes += read
  }
  return { bytes, sha256: hash.digest('hex') }
}
