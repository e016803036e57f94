/** Where a stream's files are: known from its group and name alone, so a stream is found even if the catalogue lost it. */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** 32 hex digits. Two streams never share one: 128 bits of SHA-256. */
export function streamKey(group: string, stream: string): string {
  return createHash('sha256').update(`${group}\0${stream}`).digest('hex').slice(0, 32)
}

export const shardNames = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'))

/** The 256 directories the files are spread over, so that a million streams make none of them slow. */
export function makeShards(root: string): void {
  for (const shard of shardNames) mkdirSync(join(root, shard), { recursive: true })
}

export function logPath(root: string, key: string): string {
  return `${root}/${key.slice(0, 2)}/${key.slice(2)}.log`
}

export function indexPath(root: string, key: string): string {
  return `${root}/${key.slice(0, 2)}/${key.slice(2)}.idx`
}
