/** One webhook, as the configuration describes it. */
import { type Static, Type } from 'typebox'
import { jobStatuses } from '../../model/job.ts'

const detailTypes = ['Batch Job State Change', 'Batch Job Queue Blocked']

export const WebhookSchema = Type.Object(
  {
    url: Type.String({ pattern: '^https?://' }),
    name: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$' })),
    headers: Type.Record(Type.String(), Type.String(), { default: {} }),
    secret: Type.Optional(Type.String({ minLength: 1 })),
    detailTypes: Type.Optional(Type.Array(Type.String({ enum: detailTypes }), { minItems: 1 })),
    jobQueues: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
    statuses: Type.Optional(
      Type.Array(Type.String({ enum: jobStatuses.filter((status) => status !== 'SUBMITTED') }), { minItems: 1 }),
    ),
    concurrency: Type.Integer({ minimum: 1, maximum: 64, default: 4 }),
    timeoutSeconds: Type.Number({ exclusiveMinimum: 0, maximum: 600, default: 10 }),
  },
  { additionalProperties: false },
)

export type Webhook = Static<typeof WebhookSchema>
