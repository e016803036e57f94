/**
 * The services that openbatch offers: the only list. Routing, the guard, the actions and the
 * documents are read from it.
 */
import type { Service } from './service.ts'
import { batch } from './services/batch/service.ts'
import { ec2 } from './services/ec2/service.ts'
import { ecs } from './services/ecs/service.ts'
import { iam } from './services/iam/service.ts'
import { logs } from './services/logs/service.ts'
import { type OwnOptions, own } from './services/own/service.ts'
import { s3Elsewhere } from './services/s3/elsewhere.ts'
import { s3 } from './services/s3/service.ts'
import { secretsmanager } from './services/secretsmanager/service.ts'
import { ssm } from './services/ssm/service.ts'
import { sts } from './services/sts/service.ts'

export interface ServicesOptions extends OwnOptions {
  /** The address of the store outside where objects are, if they are not here. */
  readonly objectsAt?: string | undefined
}

export function servicesOf({ objectsAt, ...options }: ServicesOptions = {}): readonly Service[] {
  const objects = objectsAt === undefined ? s3 : s3Elsewhere(objectsAt)
  return [batch, logs, sts, iam, objects, ec2, ecs, ssm, secretsmanager, own(options)]
}
