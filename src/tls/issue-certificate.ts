/**
 * Makes certificates: of an authority, and of a server that the authority vouches for. The fields
 * are those of RFC 5280; https://cabforum.org/working-groups/server/baseline-requirements/ says
 * which of them clients expect.
 */
import { createHash, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { BitString, Integer, OctetString, Utf8String } from 'asn1js'
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  id_AuthorityKeyIdentifier,
  id_BasicConstraints,
  id_ExtKeyUsage,
  id_KeyUsage,
  id_SubjectAltName,
  id_SubjectKeyIdentifier,
  type RelativeDistinguishedNames,
  TimeType,
} from 'pkijs'

/** A certificate and its key, both in PEM. */
export interface Issued {
  readonly certificate: string
  readonly key: string
}

export interface Validity {
  readonly fromMs: number
  readonly untilMs: number
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const hash = 'SHA-256'
const commonName = '2.5.4.3'
const serverAuthentication = '1.3.6.1.5.5.7.3.1'
/** Kinds of a general name (RFC 5280, 4.2.1.6). */
const dnsName = 2
const ipAddress = 7
/** The bits of KeyUsage as they stand in its first byte (RFC 5280, 4.2.1.3). */
const keyUsage = { digitalSignature: 0x80, keyCertSign: 0x04, crlSign: 0x02 } as const

/** Makes an authority that signs itself. */
export async function issueAuthority(name: string, validity: Validity): Promise<Issued> {
  const keys = await newKeys()
  const certificate = await beginCertificate(name, keys.publicKey, validity)
  certificate.issuer = certificate.subject
  certificate.extensions = [
    extension(id_BasicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema()),
    usage(keyUsage.keyCertSign | keyUsage.crlSign, 1),
    extension(id_SubjectKeyIdentifier, false, new OctetString({ valueHex: keyIdOf(certificate) })),
  ]
  return finish(certificate, keys, keys.privateKey)
}

/** Makes the certificate of a server with these names: DNS names and IP addresses. */
export async function issueServer(
  names: readonly string[],
  authority: { readonly certificate: string; readonly key: KeyObject },
  validity: Validity,
): Promise<Issued> {
  const issuer = Certificate.fromBER(new Uint8Array(new X509Certificate(authority.certificate).raw))
  const keys = await newKeys()
  // A common name has at most 64 characters, and clients read the other names alone.
  const certificate = await beginCertificate('openbatch server', keys.publicKey, validity)
  certificate.issuer = issuer.subject
  const keyIdentifier = new OctetString({ valueHex: keyIdOf(issuer) })
  certificate.extensions = [
    extension(id_BasicConstraints, true, new BasicConstraints({ cA: false }).toSchema()),
    usage(keyUsage.digitalSignature, 7),
    extension(id_ExtKeyUsage, false, new ExtKeyUsage({ keyPurposes: [serverAuthentication] }).toSchema()),
    extension(id_SubjectKeyIdentifier, false, new OctetString({ valueHex: keyIdOf(certificate) })),
    extension(id_AuthorityKeyIdentifier, false, new AuthorityKeyIdentifier({ keyIdentifier }).toSchema()),
    extension(id_SubjectAltName, false, new GeneralNames({ names: names.map(generalName) }).toSchema()),
  ]
  return finish(certificate, keys, await signingKey(authority.key))
}

function newKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
}

async function beginCertificate(name: string, publicKey: webcrypto.CryptoKey, { fromMs, untilMs }: Validity) {
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new Integer({ valueHex: serialNumber() })
  setTime(certificate.notBefore, new Date(fromMs))
  setTime(certificate.notAfter, new Date(untilMs))
  addName(certificate.subject, name)
  await certificate.subjectPublicKeyInfo.importKey(publicKey)
  return certificate
}

/** The short form of a time ends with 2049 (RFC 5280, 4.1.2.5). */
function setTime(time: Certificate['notAfter'], value: Date): void {
  time.type = value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime
  time.value = value
}

/** Positive, and not zero: 159 random bits. */
function serialNumber(): ArrayBuffer {
  const bytes = new Uint8Array(randomBytes(20))
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.buffer
}

function addName({ typesAndValues }: RelativeDistinguishedNames, name: string): void {
  typesAndValues.push(new AttributeTypeAndValue({ type: commonName, value: new Utf8String({ value: name }) }))
}

/** RFC 7093: the first 160 bits of the hash of the public key. */
function keyIdOf({ subjectPublicKeyInfo }: Certificate): ArrayBuffer {
  const bits = subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView
  return new Uint8Array(createHash('sha256').update(bits).digest().subarray(0, 20)).buffer
}

interface Encodable {
  toBER(): ArrayBuffer
}

function extension(extnID: string, critical: boolean, value: Encodable): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() })
}

function usage(bits: number, unusedBits: number): Extension {
  return extension(id_KeyUsage, true, new BitString({ valueHex: new Uint8Array([bits]).buffer, unusedBits }))
}

function generalName(name: string): GeneralName {
  return isIP(name) === 0
    ? new GeneralName({ type: dnsName, value: name })
    : new GeneralName({ type: ipAddress, value: new OctetString({ valueHex: addressBytes(name) }) })
}

/** Four bytes, or sixteen. */
function addressBytes(address: string): ArrayBuffer {
  if (isIP(address) === 4) return new Uint8Array(address.split('.').map(Number)).buffer
  // A URL writes an address in one form, without an IPv4 address at its end.
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string | undefined) => (text ? text.split(':') : [])
  const [first, last] = [groups(before), groups(after)]
  const zeros = new Array<string>(8 - first.length - last.length).fill('0')
  const words = [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16))
  return new Uint8Array(words.flatMap((word) => [word >> 8, word & 0xff])).buffer
}

async function finish(
  certificate: Certificate,
  { privateKey }: webcrypto.CryptoKeyPair,
  signer: webcrypto.CryptoKey,
): Promise<Issued> {
  await certificate.sign(signer, hash)
  const der = Buffer.from(certificate.toSchema().toBER())
  return {
    certificate: new X509Certificate(der).toString(),
    key: KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
