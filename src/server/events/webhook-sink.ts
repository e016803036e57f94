/** Events by HTTP: one POST each, delivered when the answer is 2xx. */
import { createHmac } from 'node:crypto'
import { parseArn } from '../../model/arn.ts'
import type { OutboxEvent } from './outbox-events.ts'
import type { Webhook } from './settings.ts'
import type { Sink } from './sink.ts'

/** `sha256=` and the hex digits of the body's HMAC under the webhook's secret. */
const signatureHeader = 'x-openbatch-signature'

/** Of an answer's body so much is read, so that the connection can be used again. */
const answerBytes = 64 * 1024

export function webhookSink(name: string, webhook: Webhook): Sink {
  const { url, headers, secret, concurrency, timeoutSeconds } = webhook
  return {
    name,
    batchSize: 1,
    concurrency,
    wants: (event) => wants(webhook, event),
    async send(events, signal) {
      for (const { text } of events) {
        const all = new Headers({ 'content-type': 'application/json', 'user-agent': 'openbatch' })
        for (const [header, value] of Object.entries(headers)) all.set(header, value)
        if (secret !== undefined) all.set(signatureHeader, signatureOf(text, secret))
        const response = await fetch(url, {
          method: 'POST',
          headers: all,
          body: text,
          // Where it is sent is where the operator said.
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
        })
        await drain(response)
        if (!response.ok) throw new Error(`${name} answered ${response.status} ${response.statusText}`.trimEnd())
      }
    },
  }
}

function signatureOf(text: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`
}

/** A list that is not there wants everything. */
function wants({ detailTypes, jobQueues, statuses }: Webhook, event: OutboxEvent): boolean {
  if (!detailTypes && !jobQueues && !statuses) return true
  const { detail, 'detail-type': detailType } = event.body
  const queue = detail.jobQueue!
  return (
    (!detailTypes || detailTypes.includes(detailType)) &&
    (!statuses || statuses.includes(detail.status!)) &&
    (!jobQueues || jobQueues.includes(queue) || jobQueues.includes(parseArn(queue)?.name ?? ''))
  )
}

async function drain({ body }: Response): Promise<void> {
  let left = answerBytes
  if (!body) return
  for await (const chunk of body) {
    left -= chunk.byteLength
    if (left < 0) return
  }
}
