/** The part of the configuration that says who receives events, and the checks beyond its shape. */

import { isAbsolute, join } from 'node:path'
import { type Static, Type } from 'typebox'
import { fileSink } from './file-sink.ts'
import type { Sink } from './sink.ts'
import { type Webhook, WebhookSchema } from './webhook-settings.ts'
import { webhookSink } from './webhook-sink.ts'

export const EventsSchema = Type.Object(
  {
    file: Type.Optional(
      Type.String({
        description:
          'file that gets a line of JSON for every event, see events.md; in the data directory unless absolute',
        minLength: 1,
      }),
    ),
    webhooks: Type.Array(WebhookSchema, {
      description:
        'receivers of events by HTTP, each with url and optionally name, headers, secret, detailTypes, jobQueues, statuses, concurrency, timeoutSeconds, see events.md',
      maxItems: 16,
      default: [],
    }),
    maxKept: Type.Integer({
      description: 'events kept for a file or webhook that is not taking them; beyond that, the oldest are dropped',
      minimum: 1,
      default: 100_000,
    }),
  },
  { additionalProperties: false, default: {} },
)

export type EventSettings = Static<typeof EventsSchema>

/** Expects settings of the right shape. */
export function problemsOfEvents({ webhooks }: EventSettings): string[] {
  const problems: string[] = []
  const names = new Set(['file'])
  for (const [index, webhook] of webhooks.entries()) {
    const where = `events.webhooks.${index}`
    const url = URL.canParse(webhook.url) ? new URL(webhook.url) : undefined
    if (!url) problems.push(`${where}.url: must be a URL`)
    if (url && (url.username !== '' || url.password !== ''))
      problems.push(`${where}.url: must not hold a user or password; use headers`)
    for (const [name, value] of Object.entries(webhook.headers)) {
      try {
        new Headers([[name, value]])
      } catch {
        problems.push(`${where}.headers: ${name} cannot be sent as a header`)
      }
    }
    const name = url ? nameOf(webhook) : undefined
    if (name === undefined) continue
    if (names.has(name)) problems.push(`${where}: there is another called ${name}; give it a name of its own`)
    names.add(name)
  }
  return problems
}

/**
 * Names the webhook's place in the outbox. The path of its URL is often a password, so it is left
 * out.
 */
function nameOf({ name, url }: Webhook): string {
  return name ?? new URL(url).host
}

export function sinksOf({ file, webhooks }: EventSettings, dataDir: string): Sink[] {
  return [
    ...(file === undefined ? [] : [fileSink(isAbsolute(file) ? file : join(dataDir, file))]),
    ...webhooks.map((webhook) => webhookSink(nameOf(webhook), webhook)),
  ]
}
