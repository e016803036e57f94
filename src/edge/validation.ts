/**
 * Checks inputs and outputs against the generated shapes, and says in AWS's words what is wrong
 * with an input.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type Refusal, refuse, refuseWrapped } from '../model/refusal.ts'
import batchSchema from './generated/batch.schema.json' with { type: 'json' }
import ec2Schema from './generated/ec2.schema.json' with { type: 'json' }
import ecsSchema from './generated/ecs.schema.json' with { type: 'json' }
import iamSchema from './generated/iam.schema.json' with { type: 'json' }
import logsSchema from './generated/logs.schema.json' with { type: 'json' }
import secretsmanagerSchema from './generated/secretsmanager.schema.json' with { type: 'json' }
import ssmSchema from './generated/ssm.schema.json' with { type: 'json' }

const settings = { allErrors: false, verbose: true, ownProperties: true }
/** Drops members that the shape does not have, as AWS ignores them. */
const inputs = new Ajv({ ...settings, removeAdditional: true })
/** Reports such members: our own answers must not have any. */
const outputs = new Ajv(settings)
/** The code of an input that does not have its shape, by service. */
const codes = {
  batch: 'ClientException',
  logs: 'InvalidParameterException',
  iam: 'ValidationError',
  ec2: 'InvalidParameterValue',
  ecs: 'InvalidParameterException',
  ssm: 'ValidationException',
  secretsmanager: 'InvalidParameterException',
} as const
export type ServiceWithShapes = keyof typeof codes

const schemas = [logsSchema, iamSchema, ec2Schema, ecsSchema, ssmSchema, secretsmanagerSchema]
for (const schema of [batchSchema, ...schemas]) inputs.addSchema(schema)
for (const schema of [asAnswered(batchSchema), ...schemas]) outputs.addSchema(schema)

const shownCharacters = 100

/**
 * Returns what is wrong with the input of that shape; undefined when nothing is. Drops members that
 * the shape does not have.
 */
export function complainOfInput(service: ServiceWithShapes, shape: string, input: unknown): Refusal | undefined {
  const validate = validator(inputs, service, shape)
  if (validate(input)) return undefined
  const refusal = describe(validate.errors![0]!, service === 'iam' ? nameInIam : (member) => member)
  return { ...refusal, code: codes[service] }
}

/**
 * Makes the check of that shape before its first use. Otherwise the first client would wait for it
 * (up to 0.1 s).
 */
export function prepareInputCheck(service: ServiceWithShapes, shape: string): void {
  validator(inputs, service, shape)
}

/** Throws for an output that does not have that shape, which is a mistake of ours. */
export function assertOutput(service: ServiceWithShapes, shape: string, output: unknown): void {
  const validate = validator(outputs, service, shape)
  if (validate(output)) return
  const error = validate.errors![0]!
  throw new Error(
    `the answer is not a ${shape}: ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  )
}

/**
 * AWS's own answers omit `startedAt` for jobs that have not run, although the model requires it.
 */
function asAnswered(schema: typeof batchSchema): object {
  const { JobDetail } = schema.definitions
  const required = JobDetail.required.filter((member) => member !== 'startedAt')
  return { ...schema, definitions: { ...schema.definitions, JobDetail: { ...JobDetail, required } } }
}

function validator(ajv: Ajv, service: string, shape: string): ValidateFunction {
  const validate = ajv.getSchema(`${service}#/definitions/${shape}`)
  if (!validate) throw new Error(`there is no shape ${shape} in ${service}`)
  return validate
}

/** `Tags[0].Key` as IAM names it: `tags.1.member.key`. */
function nameInIam(member: string): string {
  return member
    .replace(/\[(\d+)\]/g, (_, index) => `.${Number(index) + 1}.member`)
    .replace(/(^|\.)([A-Z])/g, (_, before, letter) => before + letter.toLowerCase())
}

/** The form in which AWS's front end reports a violation of the model. */
function describe(error: ErrorObject, nameOf: (member: string) => string): Refusal {
  const { member, value } = placeOf(error)
  const known = error.keyword === 'enum' && textsOfTheService[member.replace(/\[\d+\]/g, '')]
  if (known) return refuseWrapped(known(String(value)))
  const shown = value === undefined ? 'null' : `'${shorten(typeof value === 'string' ? value : JSON.stringify(value))}'`
  return refuse(
    `1 validation error detected: Value ${shown} at '${nameOf(member)}' failed to satisfy constraint: ${constraintOf(error)}`,
  )
}

/** Values that the service itself checks, where the text is known. */
const textsOfTheService: Readonly<Record<string, (value: string) => string>> = {
  platformCapabilities: (value) =>
    `Capability ${value} is not valid. Valid capabilities: [FARGATE, EC2, MANAGED_INSTANCES]`,
  'quotaSharePolicy.idleResourceAssignmentStrategy': () => 'Idle resource assignment strategy must be one of [FIFO].',
}

function constraintOf({ keyword, params, schema, propertyName }: ErrorObject): string {
  const rule = propertyName === undefined ? '' : 'Map keys must satisfy constraint: '
  switch (keyword) {
    case 'required':
      return 'Member must not be null'
    case 'enum':
      return `Member must satisfy enum value set: [${(schema as string[]).filter((it) => it !== 'AFTER_ANY').join(', ')}]`
    case 'type':
      return `Member must be of type ${typeNames[params.type as string] ?? params.type}`
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return `${rule}Member must have length greater than or equal to ${params.limit}`
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `${rule}Member must have length less than or equal to ${params.limit}`
    case 'minimum':
      return `Member must have value greater than or equal to ${params.limit}`
    case 'maximum':
      return `Member must have value less than or equal to ${params.limit}`
    default:
      return `Member ${keyword}`
  }
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'list',
  integer: 'integer (a whole number)',
  object: 'structure (a JSON object)',
}

/**
 * Returns a path such as `containerOverrides.resourceRequirements[0].type`, and the value that
 * stands there.
 */
function placeOf(error: ErrorObject): { member: string; value: unknown } {
  const parts = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  let value: unknown = error.data
  if (error.keyword === 'required') {
    parts.push(error.params.missingProperty as string)
    value = undefined
  }
  const member = parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join('')
  return { member: member.replace(/^\./, '') || 'the request', value }
}

function shorten(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`
}
