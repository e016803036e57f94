/** `GET /api/object-store`: where objects are; docs/use/objects.md. */
import type { ObjectStoreAnswer } from '../../../../wire/object-store.ts'
import { defineOwnOperation } from '../own-operation.ts'

export const describeObjectStore = defineOwnOperation<Record<string, never>, ObjectStoreAnswer>('DescribeObjectStore', {
  summary: 'Where objects are',
  answers: 'ObjectStoreAnswer',
  method: 'GET',
  path: '/api/object-store',
  needsNoPermission: true,
  handle: (_, { backend }) => ({ ...backend.outsideObjects }),
})
