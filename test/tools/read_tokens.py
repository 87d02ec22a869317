"""Deflate streams as tokens, and tokens as deflate streams. Written from man/moss-bundle.5, section TOKENS, and RFC 1951
alone, with the standard library; read_delta.py uses it.
"""

from read_bytes import need

LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
LENGTH_BITS = [0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0]
DISTANCE_BITS = [max(0, i // 2 - 1) for i in range(30)]
DISTANCES = [1 + sum(2**bits for bits in DISTANCE_BITS[:i]) for i in range(30)]
LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
FIXED = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8
WINDOW = 32768
END = 256


def symbol_of(starts, value):
    return max(i for i, start in enumerate(starts) if start <= value)


LENGTH_SYMBOL = {length: symbol_of(LENGTHS, length) for length in range(3, 259)}
DISTANCE_SYMBOL = [0] + [symbol_of(DISTANCES, distance) for distance in range(1, WINDOW + 1)]


def codes_of(lengths):
    """By symbol, (code with its first bit lowest, length)."""
    codes, code = {}, 0
    for length in range(1, 16):
        for symbol, other in enumerate(lengths):
            if other == length:
                codes[symbol] = (int(f"{code:0{length}b}"[::-1], 2), length)
                code += 1
        code *= 2
    return codes


def used_share(lengths):
    return sum(2 ** (15 - length) for length in lengths if length) / 2**15


class BitReader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        value = 0
        for place in range(count):
            need(self.at < 8 * len(self.data), "a member is cut short")
            value |= (self.data[self.at // 8] >> self.at % 8 & 1) << place
            self.at += 1
        return value

    def symbol(self, lengths_by_code):
        code = 0
        for length in range(15):
            code |= self.take(1) << length
            if (code, length + 1) in lengths_by_code:
                return lengths_by_code[code, length + 1]
        need(False, "a code that no symbol has")

    def tree(self, lengths, is_complete):
        share, used = used_share(lengths), [length for length in lengths if length]
        need(share == 1 or not is_complete and used in ([], [1]), "a tree that is not whole")
        return {code: symbol for symbol, code in codes_of(lengths).items()}


def read_trees(bits):
    literals, distances, count = 257 + bits.take(5), 1 + bits.take(5), 4 + bits.take(4)
    need(literals <= 286 and distances <= 30, "too many symbols")
    first = [0] * 19
    for place in LENGTH_ORDER[:count]:
        first[place] = bits.take(3)
    tree, lengths = bits.tree(first, True), []
    while len(lengths) < literals + distances:
        symbol = bits.symbol(tree)
        if symbol < 16:
            lengths.append(symbol)
            continue
        need(symbol > 16 or lengths, "nothing to repeat")
        again = lengths[-1] if symbol == 16 else 0
        lengths += [again] * (11 + bits.take(7) if symbol == 18 else 3 + bits.take(3 if symbol == 17 else 2))
    need(len(lengths) == literals + distances and lengths[END], "trees of another size")
    return bits.tree(lengths[:literals], False), bits.tree(lengths[literals:], False)


def inflate_tokens(packed, size):
    """The tokens of a stream that fills `packed`, as bytes."""
    bits, tokens, produced, is_last = BitReader(packed), bytearray(), 0, False
    while not is_last:
        is_last, way = bits.take(1) == 1, bits.take(2)
        need(way < 3, "a block of no kind")
        if way == 0:
            bits.at = -(-bits.at // 8) * 8
            count = bits.take(16)
            need(bits.take(16) == 65535 - count, "a stored block of two sizes")
            for _ in range(count):
                tokens += literal_bytes(bits.take(8))
            produced += count
            continue
        literals, distances = (bits.tree(FIXED, True), bits.tree([5] * 32, True)) if way == 1 else read_trees(bits)
        while (symbol := bits.symbol(literals)) != END:
            if symbol < END:
                tokens += literal_bytes(symbol)
                produced += 1
                continue
            need(symbol < 286, "a length that is none")
            length = LENGTHS[symbol - 257] + bits.take(LENGTH_BITS[symbol - 257])
            place = bits.symbol(distances)
            need(place < 30, "a distance that is none")
            distance = DISTANCES[place] + bits.take(DISTANCE_BITS[place])
            need(distance <= produced, "a distance beyond the beginning")
            tokens += match_bytes(length, distance)
            produced += length
        need(len(tokens) <= size, "a member of another size")
    need(-(-bits.at // 8) == len(packed) and len(tokens) == size, "a member of another size")
    return bytes(tokens)


def literal_bytes(byte):
    return bytes([byte]) if byte < 128 else bytes([255, byte])


def match_bytes(length, distance):
    first = [125 + length] if length <= 128 else [254, length - 3]
    return bytes([*first, distance - 1 >> 8, distance - 1 & 255])


def parse_tokens(data):
    """(byte, 0) or (length, distance)."""
    at, produced = 0, 0
    padded = data + bytes(3)
    while at < len(data):
        first = padded[at]
        if first < 128 or first == 255:
            token, at = (padded[at + 1] if first == 255 else first, 0), at + 1 + (first == 255)
            produced += 1
        else:
            at += 1
            length = 3 + padded[at] if first == 254 else first - 125
            at += first == 254
            distance = 1 + 256 * padded[at] + padded[at + 1]
            at += 2
            need(distance <= min(produced, WINDOW), "a distance beyond the beginning")
            token = (length, distance)
            produced += length
        need(at <= len(data), "a token is cut short")
        yield token


class Tree:
    def __init__(self, counts, greatest, extra_bits):
        self.counts, self.depths = list(counts), [0] * len(counts)
        heap = [symbol for symbol, count in enumerate(counts) if count]
        self.last, self.added = max(heap, default=-1), []
        while len(heap) < 2:
            self.last, symbol = (self.last + 1,) * 2 if self.last < 2 else (self.last, 0)
            heap.append(symbol)
            self.counts[symbol] = 1
            self.added.append(symbol)
        self.lengths = self.lengths_of(*self.join(heap), greatest)
        self.codes = codes_of(self.lengths)
        self.bits = self.cost(self.lengths, extra_bits)

    def cost(self, lengths, extra_bits):
        used = [symbol for symbol in range(self.last + 1) if self.counts[symbol] and symbol not in self.added]
        return sum(self.counts[symbol] * (lengths[symbol] + extra_bits(symbol)) for symbol in used)

    def sink(self, heap, at):
        node = heap[at]
        key = lambda node: (self.counts[node], self.depths[node])
        while 2 * at + 1 < len(heap):
            child = 2 * at + 1
            if child + 1 < len(heap) and key(heap[child + 1]) <= key(heap[child]):
                child += 1
            if key(node) <= key(heap[child]):
                break
            heap[at], at = heap[child], child
        heap[at] = node

    def join(self, heap):
        for at in reversed(range(len(heap) // 2)):
            self.sink(heap, at)
        taken, parents = [], {}
        while len(heap) >= 2:
            least = heap[0]
            heap[0] = heap[-1]
            heap.pop()
            self.sink(heap, 0)
            second, node = heap[0], len(self.counts)
            taken += [least, second]
            parents[least] = parents[second] = node
            self.counts.append(self.counts[least] + self.counts[second])
            self.depths.append(max(self.depths[least], self.depths[second]) + 1)
            heap[0] = node
            self.sink(heap, 0)
        return taken + heap, parents

    def lengths_of(self, taken, parents, greatest):
        lengths, per_length, too_long = {taken[-1]: 0}, [0] * 17, 0
        is_symbol = lambda node: node <= self.last
        for node in reversed(taken[:-1]):
            length = lengths[parents[node]] + 1
            too_long += length > greatest
            lengths[node] = min(length, greatest)
            per_length[lengths[node]] += is_symbol(node)
        if too_long:
            for _ in range(0, too_long, 2):
                length = max(i for i in range(1, greatest) if per_length[i])
                per_length[length] -= 1
                per_length[length + 1] += 2
                per_length[greatest] -= 1
            symbols = filter(is_symbol, taken)
            for length in range(greatest, 0, -1):
                for _ in range(per_length[length]):
                    lengths[next(symbols)] = length
        return [lengths.get(symbol, 0) for symbol in range(self.last + 1)]


def runs_of(lengths):
    """(symbol, number in extra bits, how many of these) of each."""
    at, before = 0, -1
    while at < len(lengths):
        length = lengths[at]
        most, least = (138, 3) if length == 0 else (6, 3) if length == before else (7, 4)
        run = 1
        while run < most and at + run < len(lengths) and lengths[at + run] == length:
            run += 1
        if run < least:
            yield from [(length, 0, 0)] * run
        elif length == 0:
            yield (17, run - 3, 3) if run <= 10 else (18, run - 11, 7)
        else:
            if length != before:
                yield (length, 0, 0)
            yield (16, run - (3 if length == before else 4), 2)
        at, before = at + run, length


class BlockWriter:
    def __init__(self, most_tokens, cuts, is_greedy):
        self.most, self.cuts, self.is_greedy = most_tokens, cuts, is_greedy
        self.bits, self.tokens = [], []

    def put(self, value, count):
        self.bits += [value >> place & 1 for place in range(count)]

    def add(self, token):
        self.tokens.append(token)
        return len(self.tokens) == self.most or self.cuts and len(self.tokens) % 4096 == 0 and self.should_cut()

    def should_cut(self):
        matches = [token for token in self.tokens if token[1]]
        bits = 8 * len(self.tokens) + sum(5 + DISTANCE_BITS[DISTANCE_SYMBOL[distance]] for _, distance in matches)
        plain = plain_size(self.tokens[:-1]) + (not self.is_greedy)
        return len(matches) < len(self.tokens) // 2 and bits // 8 < plain // 2

    def end(self, is_last):
        literals, distances = [0] * 286, [0] * 30
        literals[END] = 1
        for value, distance in self.tokens:
            literals[257 + LENGTH_SYMBOL[value] if distance else value] += 1
            if distance:
                distances[DISTANCE_SYMBOL[distance]] += 1
        length_bits = lambda symbol: LENGTH_BITS[symbol - 257] if symbol > END else 0
        literal_tree = Tree(literals, 15, length_bits)
        distance_tree = Tree(distances, 15, DISTANCE_BITS.__getitem__)
        runs = [*runs_of(literal_tree.lengths), *runs_of(distance_tree.lengths)]
        counts = [0] * 19
        for symbol, _, _ in runs:
            counts[symbol] += 1
        run_tree = Tree(counts, 7, lambda symbol: {16: 2, 17: 3, 18: 7}.get(symbol, 0))
        lengths = [run_tree.lengths[place] if place <= run_tree.last else 0 for place in LENGTH_ORDER]
        while len(lengths) > 4 and lengths[-1] == 0:
            lengths.pop()
        own = 14 + 3 * len(lengths) + run_tree.bits + literal_tree.bits + distance_tree.bits
        fixed = literal_tree.cost(FIXED, length_bits) + distance_tree.cost([5] * 30, DISTANCE_BITS.__getitem__)
        own_size, fixed_size = (own + 10) // 8, (fixed + 10) // 8
        need(plain_size(self.tokens) + 4 > min(own_size, fixed_size), "a block that would be stored")
        is_fixed = fixed_size <= own_size
        self.put(is_last + 2 * (1 if is_fixed else 2), 3)
        if is_fixed:
            self.write(codes_of(FIXED), codes_of([5] * 32))
        else:
            for value, count in ((literal_tree.last - 256, 5), (distance_tree.last, 5), (len(lengths) - 4, 4)):
                self.put(value, count)
            for length in lengths:
                self.put(length, 3)
            for symbol, value, count in runs:
                self.put(*run_tree.codes[symbol])
                self.put(value, count)
            self.write(literal_tree.codes, distance_tree.codes)
        self.tokens = []

    def write(self, literals, distances):
        for value, distance in self.tokens:
            if not distance:
                self.put(*literals[value])
                continue
            length = LENGTH_SYMBOL[value]
            self.put(*literals[257 + length])
            self.put(value - LENGTHS[length], LENGTH_BITS[length])
            place = DISTANCE_SYMBOL[distance]
            self.put(*distances[place])
            self.put(distance - DISTANCES[place], DISTANCE_BITS[place])
        self.put(*literals[END])


def plain_size(tokens):
    return sum(value if distance else 1 for value, distance in tokens)


def deflate_tokens(data, maker):
    family, level = divmod(maker, 16)
    need(family < 3 and 1 <= level <= 9, "an unknown maker")
    is_greedy = level < 4
    blocks = BlockWriter(16383 if family == 1 else 32767, family == 0 and level > 2, is_greedy)
    tokens = list(parse_tokens(data))
    for i, token in enumerate(tokens):
        is_full = blocks.add(token)
        ends_stream = i == len(tokens) - 1 and not token[1] and not is_greedy
        if is_full and not ends_stream:
            blocks.end(False)
    blocks.end(True)
    blocks.bits += [0] * (-len(blocks.bits) % 8)
    return bytes(sum(bit << place for place, bit in enumerate(blocks.bits[at : at + 8])) for at in range(0, len(blocks.bits), 8))
