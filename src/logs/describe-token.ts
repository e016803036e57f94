/**
 * The tokens of DescribeLogStreams and DescribeLogGroups. A token holds the last item of the
 * previous page.
 */

export interface StreamsPlace {
  readonly orderBy: 'LogStreamName' | 'LastEventTime'
  readonly stream: string
  readonly lastMs: number
}

export function writeStreamsToken({ orderBy, stream, lastMs }: StreamsPlace): string {
  return Buffer.from(JSON.stringify([orderBy, stream, lastMs])).toString('base64url')
}

/** Undefined if the token is not ours, or belongs to a page in another order. */
export function readStreamsToken(token: string, orderBy: StreamsPlace['orderBy']): StreamsPlace | undefined {
  const parts = readJson(token)
  if (!Array.isArray(parts) || parts.length !== 3) return undefined
  const [writtenOrder, stream, lastMs] = parts
  if (writtenOrder !== orderBy || typeof stream !== 'string' || !Number.isSafeInteger(lastMs)) return undefined
  return { orderBy, stream, lastMs }
}

export function writeGroupsToken(group: string): string {
  return Buffer.from(JSON.stringify([group])).toString('base64url')
}

export function readGroupsToken(token: string): string | undefined {
  const parts = readJson(token)
  return Array.isArray(parts) && parts.length === 1 && typeof parts[0] === 'string' ? parts[0] : undefined
}

function readJson(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
}
