/**
 * The paths of a stream's files. They follow from the group and the name alone, so a stream is
 * found even if the catalogue has lost it.
 */
import { stableId } from '../../ground/stable-id.ts'

/** 32 hex digits, the first 128 bits of a SHA-256. Two streams never share one. */
export function streamKey(group: string, stream: string): string {
  return stableId(`${group}\0${stream}`, 32)
}

/** The files are spread over 256 directories, so that a million streams make none of them slow. */
export function logPath(root: string, key: string): string {
  return `${root}/${key.slice(0, 2)}/${key.slice(2)}.log`
}

export function indexPath(root: string, key: string): string {
  return `${root}/${key.slice(0, 2)}/${key.slice(2)}.idx`
}
