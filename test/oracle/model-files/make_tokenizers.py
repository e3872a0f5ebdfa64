"""Small tokenizers of each kind that is read, and what the original libraries make of a few hundred texts.

`python test/oracle/model-files/make_tokenizers.py` writes, beside itself in tokenizers/:
  <name>.json            tokenizer.json as the `tokenizers` library saves it, trained on the texts below
  <name>.gguf            the same vocabulary as GGUF fields (not for every one)
  <name>.expected.json   text, ids and the characters that each token covers, by `tokenizers` (by `sentencepiece` for spm)
The tests read the files only. Needs tokenizers 0.23, gguf 0.19 and sentencepiece 0.2.
"""

import io
import json
import random
from pathlib import Path

import gguf
import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).resolve().parent / "tokenizers"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")

WORDS = """the a cat dog sat on mat when Mary and John went to store gave drink book it was late in garden said
it's don't we've they're I'll HELLO World Paris France capital of is above greater-than 'single' "double" e.g. i.e. U.S.A.
naïve café Ångström Zürich façade résumé coöperate jalapeño Straße İstanbul ﬁne ½ № Привет мир Ελλάδα שלום مرحبا नमस्ते สวัสดี
日本語 中文字符 한국어 東京 x=1; foo_bar() {return} <div> </div> http://a.b/c?d=e#f user@example.com #tag @you $5.00 100% 3.14159
2024 12345 007 1,000,000 0x1F ７ ٣ — – … “quoted” ‘so’ • → ∑ ≤ π 🙂 🦄 👩‍👩‍👧 🇫🇷 ❤️ e\u0301 A\u030a n\u0303 \u200b""".split()
FIXED = ["", " ", "  ", "a", " a", "a ", "\n", "a\nb", "a\r\nb", "\ttab\t tab", "a  b   c", "line one\n\n  line two\n", "   leading", "trailing   ",
         "When Mary and John went to the store, John gave a drink to", "The capital of France is", "1234567890", "x" * 60, "🙂🙂🙂", "\u00a0nbsp\u00a0", "tab\tand\u3000wide",
         "<|endoftext|>", "one<|endoftext|>two", "[MASK] is [UNK]", "<s> hi </s>", "don't DON'T Don’t", "a\u0000b", "\ufeffbom", "soft\u00adhyphen"]


def texts():
    rng = random.Random(3)
    made = list(FIXED)
    for _ in range(230):
        made.append("".join(rng.choice(["", " ", " ", " ", "  ", "\n"]) + rng.choice(WORDS) for _ in range(rng.randint(1, 9))))
    return made


def corpus():
    rng = random.Random(4)
    return [" ".join(rng.choice(WORDS) for _ in range(12)) for _ in range(600)]


def byte_level(name, pre, *, train_pre=None, normalizer=None, ignore=False, special=("<|endoftext|>",), post=None):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = train_pre or pre
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.pre_tokenizer = pre
    if post is not None:
        tokenizer.post_processor = post(tokenizer)
    else:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    save(name, tokenizer)
    return tokenizer


def save(name, tokenizer):
    tokenizer.save(str(HERE / f"{name}.json"), pretty=False)
    expect(name, [(text, tokenizer.encode(text)) for text in texts()])


def expect(name, pairs):
    rows = [{"text": text, "ids": one.ids, "offsets": one.offsets} for text, one in pairs]
    write(name, rows)


def write(name, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in rows)
    (HERE / f"{name}.expected.json").write_text(f"[\n{lines}\n]\n")


def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def gguf_fields(name, model, tokens, *, pre=None, merges=None, scores=None, types=None, flags=None, ids=None):
    writer = gguf.GGUFWriter(HERE / f"{name}.gguf", "llama")
    writer.add_tokenizer_model(model)
    if pre is not None:
        writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    if types is not None:
        writer.add_token_types(types)
    if scores is not None:
        writer.add_token_scores(scores)
    if merges is not None:
        writer.add_token_merges(merges)
    for key, value in (flags or {}).items():
        writer.add_bool(f"tokenizer.ggml.{key}", value)
    for key, value in (ids or {}).items():
        writer.add_uint32(f"tokenizer.ggml.{key}", value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def byte_level_gguf(name, tokenizer, pre, flags=None, ids=None):
    data = json.loads(tokenizer.to_str())
    vocab = data["model"]["vocab"]
    tokens = [token for token, _ in sorted(vocab.items(), key=lambda one: one[1])]
    special = {one["content"] for one in data["added_tokens"]}
    merges = [" ".join(one) if isinstance(one, list) else one for one in data["model"]["merges"]]
    gguf_fields(name, "gpt2", tokens, pre=pre, merges=merges, types=[3 if token in special else 1 for token in tokens], flags=flags, ids=ids)


def word_piece(name, lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=700, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    ids = {token: tokenizer.token_to_id(token) for token in special}
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    save(name, tokenizer)
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda one: one[1])
    # BertModel.set_vocab of the converter.
    tokens = [token if token in special else token[2:] if token.startswith("##") else "\u2581" + token for token, _ in vocab]
    types = [3 if token in special else 1 for token in tokens]
    gguf_fields(name, "bert", tokens, types=types, ids={"cls_token_id": ids["[CLS]"], "seperator_token_id": ids["[SEP]"], "unknown_token_id": ids["[UNK]"]})


def sentence_piece():
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_writer=model, vocab_size=700, model_type="bpe", byte_fallback=True, character_coverage=0.98,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True, split_digits=True,
        allow_whitespace_only_pieces=True, minloglevel=2, unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    size = processor.get_piece_size()
    kinds = [2 if processor.is_unknown(i) else 3 if processor.is_control(i) else 6 if processor.is_byte(i) else 1 for i in range(size)]
    gguf_fields("spm", "llama", [processor.id_to_piece(i) for i in range(size)], scores=[processor.get_score(i) for i in range(size)], types=kinds,
                flags={"add_bos_token": True, "add_eos_token": False}, ids={"bos_token_id": 1, "eos_token_id": 2, "unknown_token_id": 0})
    # SentencePiece itself takes <s> in a text as letters, and knows no text without a token.
    plain = [text for text in texts() if "<s>" not in text and text != "" and "\u0000" not in text]
    write("spm", [{"text": text, "ids": [1, *processor.encode(text)]} for text in plain])


def metaspace():
    """Llama 2 as transformers saves it: no pre-tokenizer, ▁ by the normalizer, bytes for what has no piece."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")  # for training only
    special = ["<unk>", "<s>", "</s>", *[f"<0x{byte:02X}>" for byte in range(256)]]
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=special, limit_alphabet=80, show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    data = json.loads(tokenizer.to_str())
    data["pre_tokenizer"] = None
    data["added_tokens"] = [one for one in data["added_tokens"] if not one["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    save("metaspace", tokenizer)


def main():
    HERE.mkdir(exist_ok=True)
    byte_level_gguf("gpt2", byte_level("gpt2", pre_tokenizers.ByteLevel(add_prefix_space=False)), "gpt-2")
    # Trained without splitting digits off, so that there are merges which the splitting must prevent.
    digits = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    byte_level_gguf("smollm", byte_level("smollm", digits, train_pre=pre_tokenizers.ByteLevel(add_prefix_space=False)), "smollm", flags={"add_bos_token": False})
    begin = ("<|begin_of_text|>", "<|end_of_text|>")
    template = lambda t: processors.TemplateProcessing(single=f"{begin[0]} $A", pair=f"{begin[0]} $A {begin[0]} $B", special_tokens=[(begin[0], t.token_to_id(begin[0]))])
    llama3 = byte_level("llama3", split(LLAMA3), ignore=True, special=begin, post=template)
    byte_level_gguf("llama3", llama3, "llama-bpe", ids={"bos_token_id": llama3.token_to_id(begin[0])})
    byte_level_gguf("qwen2", byte_level("qwen2", split(QWEN2), normalizer=normalizers.NFC()), "qwen2")
    word_piece("bert-uncased", True)
    word_piece("bert-cased", False)
    metaspace()
    sentence_piece()


if __name__ == "__main__":
    main()
