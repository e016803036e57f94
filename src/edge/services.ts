/**
 * The services that openbatch offers: the only list. Routing, the guard, the actions and the
 * documents are read from it.
 */
import type { Service } from './service.ts'
import { batch } from './services/batch/service.ts'
import { iam } from './services/iam/service.ts'
import { logs } from './services/logs/service.ts'
import { type OwnOptions, own } from './services/own/service.ts'
import { s3 } from './services/s3/service.ts'
import { sts } from './services/sts/service.ts'

export function servicesOf(options: OwnOptions = {}): readonly Service[] {
  return [batch, logs, sts, iam, s3, own(options)]
}
