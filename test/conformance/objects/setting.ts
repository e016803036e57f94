import type { Access } from '../clients/client.ts'

/** The server and the user of the tests on objects. */
export type ObjectsSetting = Required<Pick<Access, 'endpoint' | 'credentials'>>
