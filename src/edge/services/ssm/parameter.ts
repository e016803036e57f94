/** A secret of the operator's as a parameter of Parameter Store, and how requests name one. */
import { type Account, parameterArn } from '../../../model/arn.ts'
import type { Parameter } from '../../../model/generated/ssm.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { Secret } from '../../../secrets/secret.ts'
import type { Backend } from '../../context.ts'

/** The only version of each parameter. */
const version = 1

export interface Asked {
  readonly secret: Secret
  /** The version that the name asks for, with its colon. */
  readonly selector?: string
}

/**
 * `NAME`, `NAME:VERSION` or an ARN. The ARN has one slash before the name, whether or not the name
 * begins with one.
 */
export function parameterAsked(name: string, { secrets, account }: Backend): Asked | Refusal {
  const { path, selector, elsewhere } = parts(name, account)
  const names = name.startsWith('arn:') ? [`/${path}`, path] : [path]
  const secret = elsewhere ? undefined : names.map((each) => secrets.look(each)).find((found) => found !== undefined)
  if (!secret) return refusal('ParameterNotFound', `Parameter ${name} not found.`)
  if (selector !== undefined && selector !== `:${version}`) {
    const text = `Systems Manager could not find version ${selector.slice(1)} of ${path}. Verify the version and try again.`
    return refusal('ParameterVersionNotFound', text)
  }
  return { secret, ...(selector === undefined ? {} : { selector }) }
}

/** The ARN that policies are asked about, whether or not there is such a parameter. */
export function parameterResource(name: string, of: Account): string {
  const { path, elsewhere } = parts(name, of.account)
  return elsewhere ? name : parameterArn(of, path)
}

function parts(name: string, account: string) {
  const arn = /^arn:aws[a-z-]*:ssm:[a-z0-9-]*:([0-9]*):parameter\/(.*)$/.exec(name)
  const [path = '', ...selector] = (arn?.[2] ?? name).split(':')
  return {
    path,
    ...(selector.length > 0 && { selector: `:${selector.join(':')}` }),
    elsewhere: arn !== null && arn[1] !== account,
  }
}

/** What AWS answers in place of a value that is not decrypted: a text of which nothing is learned. */
const notDecrypted = Buffer.from('encrypted: ask for it WithDecryption').toString('base64')

export function shownParameter({ secret, selector }: Asked, of: Account, withDecryption = false): Parameter {
  const { name, value, changedAtMs, plain } = secret
  return {
    Name: name,
    Type: plain ? 'String' : 'SecureString',
    Value: plain || withDecryption ? value : notDecrypted,
    Version: version,
    ...(selector === undefined ? {} : { Selector: selector }),
    LastModifiedDate: changedAtMs / 1000,
    ARN: parameterArn(of, name),
    DataType: 'text',
  }
}

export function refusal(code: Refusal['code'], message: string): Refusal {
  return { kind: 'refusal', code, message }
}
