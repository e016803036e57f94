"""Writes FASTQ files for 20 samples into a folder, the same at every run: reads of one small genome, with errors.

python3 make_reads.py reads
"""

import pathlib
import random
import sys

samples, reads_each, read_length, genome_length = 20, 500, 100, 20_000
bases = "ACGT"


def sample_of(number, genome):
    """Qualities sink towards the end of a read, and a base is wrong as often as its quality says."""
    # Of a generator only random() is the same in all versions of Python.
    chance = random.Random(number).random
    for index in range(reads_each):
        start = int(chance() * (genome_length - read_length))
        sequence, qualities = [], []
        for at in range(read_length):
            quality = max(2, int(40 - 30 * (at / read_length) ** 3 - 12 * chance()))
            base = genome[start + at]
            if chance() < 10 ** (-quality / 10):
                base = bases[(bases.index(base) + 1 + int(chance() * 3)) % 4]
            sequence.append(base)
            qualities.append(chr(quality + 33))
        yield f"@s{number:02}.{index}\n{''.join(sequence)}\n+\n{''.join(qualities)}\n"


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(0).random
    genome = [bases[int(chance() * 4)] for _ in range(genome_length)]
    for number in range(1, samples + 1):
        (folder / f"s{number:02}.fastq").write_text("".join(sample_of(number, genome)))
