/**
 * Passwords of users, kept as scrypt hashes beside the parameters they were made with, so
 * that these can be raised later.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { Gate } from '../../ground/gate.ts'
import { limits } from '../../model/limits.ts'
import { type IamRefusal, iamRefusal } from './iam-refusal.ts'

export interface PasswordHash {
  readonly algorithm: 'scrypt'
  /** scrypt's N, r and p. */
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
  /** Base64. */
  readonly salt: string
  readonly hash: string
}

/** 32 MiB and about a tenth of a second. */
const parameters = { cost: 2 ** 15, blockSize: 8, parallelization: 3 } as const
const hashBytes = 32

export function checkPassword(password: string): IamRefusal | undefined {
  const { passwordLengthMin: least, passwordLengthMax: most } = limits
  if (password.length >= least && password.length <= most) return undefined
  const text = `Password should have a minimum length of ${least} and a maximum of ${most}`
  return iamRefusal('PasswordPolicyViolation', text)
}

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, parameters)
  return { algorithm: 'scrypt', ...parameters, salt: salt.toString('base64'), hash: hash.toString('base64') }
}

/** Takes as long for a user who has no password, so that the time does not tell who has one. */
export async function verifyPassword(password: string, known: PasswordHash | undefined): Promise<boolean> {
  const { salt, hash, cost, blockSize, parallelization } = known ?? nobodys
  const derived = await derive(password, Buffer.from(salt, 'base64'), { cost, blockSize, parallelization })
  const expected = Buffer.from(hash, 'base64')
  return known !== undefined && derived.length === expected.length && timingSafeEqual(derived, expected)
}

/** One at a time: a hash holds one of the few threads on which the server reads and writes its files. */
const oneAtATime = new Gate(1)

const nobodys: PasswordHash = { algorithm: 'scrypt', ...parameters, salt: '', hash: '' }

function derive(
  password: string,
  salt: Buffer,
  { cost, blockSize, parallelization }: Required<Pick<ScryptOptions, 'cost' | 'blockSize' | 'parallelization'>>,
): Promise<Buffer> {
  const maxmem = 256 * cost * blockSize
  // Different encodings of one letter are one password.
  const text = password.normalize('NFKC')
  const hash = () =>
    new Promise<Buffer>((resolve, reject) => {
      scrypt(text, salt, hashBytes, { cost, blockSize, parallelization, maxmem }, (error, key) => {
        if (error) reject(error)
        else resolve(key)
      })
    })
  return oneAtATime.pass(hash)
}
