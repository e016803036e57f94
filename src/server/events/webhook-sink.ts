/**
 * Events by HTTP: one POST each, delivered when the answer is 2xx. Redirections are not followed:
 * events go only where the operator said.
 */
import { createHmac } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { parseArn } from '../../model/arn.ts'
import type { OutboxEvent } from './outbox-events.ts'
import { poster } from './post.ts'
import type { Sink } from './sink.ts'
import type { Webhook } from './webhook-settings.ts'

/** `sha256=` and the hex digits of the body's HMAC under the webhook's secret. */
const signatureHeader = 'x-openbatch-signature'

export function webhookSink(name: string, webhook: Webhook): Sink {
  const { url, secret, concurrency, timeoutSeconds } = webhook
  const post = poster(url, concurrency)
  const headers = headersOf(webhook)
  return {
    name,
    batchSize: 1,
    concurrency,
    wants: (event) => wants(webhook, event),
    async send(events, signal) {
      for (const { text } of events) {
        const signature = secret === undefined ? {} : { [signatureHeader]: signatureOf(text, secret) }
        const status = await post({
          headers: { ...headers, ...signature },
          text,
          signal,
          timeoutMs: timeoutSeconds * 1000,
        })
        if (status < 200 || status > 299)
          throw new Error(`${name} answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd())
      }
    },
  }
}

/** The operator's headers replace ours of the same name. */
function headersOf({ headers }: Webhook): Record<string, string> {
  const own = Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value])
  return { 'content-type': 'application/json', 'user-agent': 'openbatch', ...Object.fromEntries(own) }
}

function signatureOf(text: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`
}

/** A missing list wants everything. */
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
