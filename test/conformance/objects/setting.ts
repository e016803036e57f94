import type { Access } from '../clients/client.ts'

/** The server and the user of the tests on objects. */
export interface ObjectsSetting extends Required<Pick<Access, 'endpoint' | 'credentials'>> {
  /** Of a server that speaks TLS. */
  readonly trustFile?: string
}

/** Of the largest object. `npm run test:large-objects` sets 1024. */
export const largeMegabytes = Number(process.env.LARGE_OBJECT_MEGABYTES ?? 64)

export const oddNames = [
  'plain',
  'with space',
  'plus+sign',
  'ümlaut',
  'sub/dir/ß & more',
  'per%20cent',
  'quote\'"',
] as const
