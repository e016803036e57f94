/**
 * The image of the container that holds the jobs' network. It has one program, built here byte by
 * byte, so that no registry and no compiler is needed. The program makes the machine's own metadata
 * unreachable in its network, where a request would otherwise hang or, on a machine in a cloud, get
 * the machine's credentials. Then it waits forever.
 */
export const holderProgram = '/hold'

interface Machine {
  /** e_machine of the ELF header. */
  readonly elfMachine: number
  /** What `unreachableMetadata` follows. */
  readonly code: readonly number[]
}

/**
 * A request of rtnetlink(7): RTM_NEWROUTE (24) with NLM_F_REQUEST and NLM_F_CREATE, for an IPv4
 * route (2) of 32 bits in the main table (254), static (4), unreachable (7), to 169.254.169.254.
 */
const unreachableMetadata = [
  ...[36, 0, 0, 0, 24, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[2, 32, 0, 0, 254, 4, 0, 7, 0, 0, 0, 0],
  ...[8, 0, 1, 0, 169, 254, 169, 254],
]

/** The words of a program for arm64. */
const words = (...of: readonly number[]) =>
  of.flatMap((word) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24])

const machines: Readonly<Record<string, Machine>> = {
  x86_64: {
    elfMachine: 62,
    code: [
      // mov eax, 41 (socket); mov edi, 16 (AF_NETLINK); mov esi, 3 (SOCK_RAW); xor edx, edx; syscall
      ...[0xb8, 41, 0, 0, 0, 0xbf, 16, 0, 0, 0, 0xbe, 3, 0, 0, 0, 0x31, 0xd2, 0x0f, 0x05],
      // mov edi, eax; mov eax, 1 (write); lea rsi, [rip + 16]; mov edx, 36; syscall
      ...[0x89, 0xc7, 0xb8, 1, 0, 0, 0, 0x48, 0x8d, 0x35, 16, 0, 0, 0, 0xba, 36, 0, 0, 0, 0x0f, 0x05],
      // again: mov eax, 34 (pause); syscall; jmp again
      ...[0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7],
    ],
  },
  aarch64: {
    elfMachine: 183,
    code: [
      // mov x0, 16 (AF_NETLINK); mov x1, 3 (SOCK_RAW); mov x2, 0; mov x8, 198 (socket); svc 0
      ...words(0xd2800200, 0xd2800061, 0xd2800002, 0xd28018c8, 0xd4000001),
      // adr x1, 44 bytes ahead; mov x2, 36; mov x8, 64 (write); svc 0
      ...words(0x10000161, 0xd2800482, 0xd2800808, 0xd4000001),
      // again: mov x0…x3, 0; mov x8, 73 (ppoll, of nothing, for ever); svc 0; b again
      ...words(0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa),
    ],
  },
}

/**
 * Builds the image's root as a tar, for `POST /images/create?fromSrc=-`. Throws for a machine that
 * it has no program for.
 */
export function holderTar(architecture: string): Buffer {
  const machine = machines[architecture === 'amd64' ? 'x86_64' : architecture === 'arm64' ? 'aarch64' : architecture]
  if (machine === undefined)
    throw new Error(`no network holder for a machine of kind ${architecture}; use network bridge or host`)
  return tarOf('hold', elf(machine.elfMachine, Buffer.from([...machine.code, ...unreachableMetadata])))
}

/**
 * The least that Linux runs: an ELF header, one program header (load everything, readable and
 * executable), and the code.
 */
function elf(elfMachine: number, code: Buffer): Buffer {
  const [base, headerBytes, programHeaderBytes] = [0x400000n, 64, 56]
  const codeAt = headerBytes + programHeaderBytes
  const file = Buffer.alloc(codeAt + code.length)
  // Magic number, 64 bits, little endian, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  file.writeUInt16LE(2, 16) // an executable
  file.writeUInt16LE(elfMachine, 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(base + BigInt(codeAt), 24) // where it begins
  file.writeBigUInt64LE(BigInt(headerBytes), 32) // where the program header is
  file.writeUInt16LE(headerBytes, 52)
  file.writeUInt16LE(programHeaderBytes, 54)
  file.writeUInt16LE(1, 56) // one program header
  file.writeUInt32LE(1, 64) // to be loaded
  file.writeUInt32LE(5, 68) // readable, executable
  file.writeBigUInt64LE(base, 80)
  file.writeBigUInt64LE(base, 88)
  file.writeBigUInt64LE(BigInt(file.length), 96) // bytes in the file
  file.writeBigUInt64LE(BigInt(file.length), 104) // bytes in memory
  file.writeBigUInt64LE(0x10000n, 112) // alignment: the largest page arm64 has
  file.set(code, codeAt)
  return file
}

/** A tar (ustar) of one executable file. */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000755\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148) // The checksum counts itself as spaces.
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)])
}
