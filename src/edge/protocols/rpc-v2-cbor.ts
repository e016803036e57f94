/**
 * AWS's RPC v2 CBOR protocol, which newer SDKs use with CloudWatch. Only its errors are needed
 * here: a map of two texts. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
import type { ErrorProtocol } from './protocol.ts'

/** The value of the header `Smithy-Protocol` in requests and answers. */
export const rpcV2CborName = 'rpc-v2-cbor'

export const rpcV2Cbor: ErrorProtocol = {
  writeFailure: ({ code, message }) => ({
    contentType: 'application/cbor',
    headers: { 'smithy-protocol': rpcV2CborName },
    body: Buffer.concat([Buffer.of(0xa2), ...['__type', code, 'message', message].map(text)]),
  }),
}

/**
 * Encodes a CBOR text: its length in two bytes, which errors never exceed, and UTF-8 (RFC 8949
 * §3.1).
 */
function text(value: string): Buffer {
  const bytes = Buffer.from(value).subarray(0, 0xffff)
  const head = Buffer.of(0x79, 0, 0)
  head.writeUInt16BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
