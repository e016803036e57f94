/**
 * A POST over kept connections. It uses Node's own client, because `fetch` takes several times the
 * processor time.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** How much of an answer's body is read, so that the connection can be used again. */
const answerBytes = 64 * 1024

export interface Post {
  readonly headers: OutgoingHttpHeaders
  readonly text: string
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/**
 * Returns a function that posts to the URL and resolves with the status of the answer, whatever it
 * is.
 */
export function poster(url: string, connections: number): (post: Post) => Promise<number> {
  const target = new URL(url)
  const secure = target.protocol === 'https:'
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: connections })
  const request = secure ? httpsRequest : httpRequest

  const once = ({ headers, text, signal, timeoutMs }: Post, mayRepeat: boolean): Promise<number> =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(text)
      const sent = request(target, {
        method: 'POST',
        agent,
        signal,
        headers: { ...headers, 'content-length': body.length },
      })
      const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      const fail = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer)
        // The other side may close an idle connection in the very moment it is used again.
        if (mayRepeat && sent.reusedSocket && error.code === 'ECONNRESET')
          resolve(once({ headers, text, signal, timeoutMs }, false))
        else reject(error)
      }
      sent.on('error', fail)
      sent.on('response', (response) => {
        response.on('error', fail)
        readAway(response, () => {
          clearTimeout(timer)
          resolve(response.statusCode!)
        })
      })
      sent.end(body)
    })
  return (post) => once(post, true)
}

function readAway(response: IncomingMessage, done: () => void): void {
  let left = answerBytes
  response.on('end', done)
  response.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left >= 0) return
    response.destroy()
    done()
  })
}
