/**
 * The tokens of GetLogEvents, in CloudWatch's form: `f/<56 digits>/s` and `b/<56 digits>/s`. The
 * digits are a check sum over stream and position, followed by the position in the stream. The
 * check sum exposes a token of another stream and an invented one. A position never expires, and
 * the token at the end of a growing stream later finds the new events.
 */
import { crc32 } from 'node:zlib'

export interface TokenPlace {
  readonly direction: 'forward' | 'backward'
  readonly position: number
}

const pattern = /^([fb])\/(\d{10})(\d{46})\/s$/

export function writeToken(direction: TokenPlace['direction'], streamId: string, position: number): string {
  return `${direction[0]}/${checkDigits(streamId, position)}${String(position).padStart(46, '0')}/s`
}

/** Undefined if it is not a token of this stream. */
export function readToken(token: string, streamId: string): TokenPlace | undefined {
  const [, letter, check, digits] = pattern.exec(token) ?? []
  if (!letter || !digits) return undefined
  const position = Number(digits)
  if (!Number.isSafeInteger(position) || check !== checkDigits(streamId, position)) return undefined
  return { direction: letter === 'f' ? 'forward' : 'backward', position }
}

function checkDigits(streamId: string, position: number): string {
  return String(crc32(`${streamId}/${position}`)).padStart(10, '0')
}
