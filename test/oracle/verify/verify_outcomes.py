"""Recomputes every verdict of a result from its stored outcomes, with numpy and nothing of eisc.

    python verify_outcomes.py PIPELINE.eis [LEDGER]

Reads PIPELINE.eis.lock, PIPELINE.eis.result/ (report.json, outcomes/, tables/) and the ledger (eis.ledger.jsonl beside the
pipeline). Checks the hash chain, the lock's digests, that what was tested is what was locked, and the digests that the ledger
names; then decides again: cluster means, sign flips, max-T, Holm, shares, equivalences, paired and rank controls, assays.
Prints the verdicts as JSON; exits 1 on any difference from the report.
"""
import hashlib
import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

faults = []

def check(holds, text):
    if not holds:
        faults.append(text)

def jcs(value):
    """RFC 8785 for what locks and ledgers hold: whole numbers, keys of plain letters."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def sha(data):
    return hashlib.sha256(data).hexdigest()

def domain(name, value):
    return sha(f"eis:{name}\0".encode() + jcs(value))

def philox(k0, k1, c0, c1):
    """Words of the counters (c0, c1, 0, 0), vectorised over c1."""
    mask, m0, m1 = np.uint64(0xFFFFFFFF), np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    x = [np.full(c1.shape, c0, np.uint64), c1.astype(np.uint64), np.zeros(c1.shape, np.uint64), np.zeros(c1.shape, np.uint64)]
    for _ in range(10):
        p0, p1 = x[0] * m0, x[2] * m1
        x = [(p1 >> np.uint64(32)) ^ x[1] ^ np.uint64(k0), p1 & mask, (p0 >> np.uint64(32)) ^ x[3] ^ np.uint64(k1), p0 & mask]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return x

def flips_of(clusters, count, root, path, enumerate_all):
    """Signs, flips by clusters; flip 0 is the identity."""
    if enumerate_all:
        b = np.arange(2**clusters)[:, None]
        return 1.0 - 2.0 * ((b >> np.arange(clusters)) & 1)
    key = hashlib.sha256(f"eisc-rng-v1\0{root}\0{path}".encode()).digest()[:8]
    k0, k1 = int.from_bytes(key[:4], "little"), int.from_bytes(key[4:], "little")
    signs = np.ones((count + 1, clusters))
    for g in range(clusters):
        if g % 128 == 0:
            words = philox(k0, k1, g >> 7, np.arange(1, count + 1))
        signs[1:, g] = 1.0 - 2.0 * ((words[(g >> 5) & 3] >> np.uint64(g & 31)) & np.uint64(1)).astype(float)
    return signs

def statistics(signs, x):
    """Studentised sums; infinite where all flipped values are equal."""
    total, sums = len(x) * float(np.sum(x * x)), signs @ x
    if total == 0:
        return np.zeros(len(signs))
    rest = total - sums**2
    with np.errstate(divide="ignore", invalid="ignore"):
        t = sums * np.sqrt((len(x) - 1) / rest)
    t = np.where(rest <= 1e-12 * total, np.sign(sums) * np.inf, t)
    return np.where(sums == 0, 0.0, t)

def threshold(t):
    return t - 1e-9 * max(1.0, abs(t)) if math.isfinite(t) else t

class Family:
    def __init__(self, root, path, flips):
        self.root, self.path, self.flips = root, path, flips
        self.columns, self.signs, self.raw = [], {}, {}

    def column(self, values, above, margin, clusters):
        self.columns.append((np.asarray(values, float) - margin, 1 if above else -1, clusters))
        return ("column", len(self.columns) - 1)

    def statistic(self, index, all_random):
        x, sign, clusters = self.columns[index]
        key = (clusters, all_random or len(x) > 16)
        if key not in self.signs:
            self.signs[key] = flips_of(len(x), self.flips, self.root, f"{self.path}/{clusters}", not key[1])
        return sign * statistics(self.signs[key], x)

    def raw_p(self, index):
        if index not in self.raw:
            t = self.statistic(index, False)
            self.raw[index] = Fraction(int(np.sum(t >= threshold(t[0]))), len(t))
        return self.raw[index]

    def joint(self, indices):
        """Step-down max-T."""
        all_random = len({self.columns[i][2] for i in indices}) > 1
        t = {i: self.statistic(i, all_random) for i in indices}
        order = sorted(t, key=lambda i: (-t[i][0], i))
        running, counts = np.full(len(t[order[0]]), -np.inf), {}
        for i in reversed(order):
            running = np.maximum(running, t[i])
            counts[i] = int(np.sum(running >= threshold(t[i][0])))
        floor, adjusted = 0, {}
        for i in order:
            floor = max(floor, counts[i])
            adjusted[i] = Fraction(floor, len(running))
        return adjusted

def evaluate(formula, p, raw):
    kind, of = formula
    if kind == "column":
        return p(of)
    values = [evaluate(one, p, raw) for one in of]
    if kind == "every":
        return max(values, default=Fraction(0))
    return min(Fraction(1), min(values) * (len(values) if raw else 1))

def columns_of(formula):
    return [formula[1]] if formula[0] == "column" else [c for one in formula[1] for c in columns_of(one)]

def any_of(formulas):
    return ("any", [one for f in formulas for one in (f[1] if f[0] == "any" else [f])])

class Outcomes:
    def __init__(self, folder):
        self.rows, self.clusters, self.lists, self.cache = {}, {}, {}, {}
        for index in sorted(folder.glob("*.json")):
            facts, data = json.loads(index.read_text()), np.load(index.with_suffix(".npy"))
            name = facts["name"]
            self.clusters[name] = np.array([item["cluster"] for item in facts["items"]])
            self.lists[name] = ("replicate" if name.startswith("control-") else name) + f":{len(facts['clusters'])}"
            for i, part in enumerate(facts["parts"]):
                self.rows[name, part["id"]] = data[i]

    def mean(self, table, part):
        if (table, part) not in self.cache:
            of, values = self.clusters[table], self.rows[table, part]
            self.cache[table, part] = np.array([math.fsum(values[of == g]) / np.sum(of == g) for g in range(of.max() + 1)])
        return self.cache[table, part]

    def finite(self, table, parts):
        ids = [one for part in parts for one in (part["x"], part["reference"]) if one is not None]
        return all(np.isfinite(self.rows[table, one]).all() for one in ids)

def part_formulas(family, part, table, outcomes):
    """(support, refute, [reference > 0]) of one conjunct."""
    x, names, above = outcomes.mean(table, part["x"]), outcomes.lists[table], part["direction"] == "above"
    if part["kind"] == "abs-mean":
        d = part["margin"]
        beyond = any_of([family.column(x, True, d, names), family.column(x, False, -d, names)])
        within = ("every", [family.column(x, False, d, names), family.column(x, True, -d, names)])
        return (beyond, within, []) if above else (within, beyond, [])
    margin, reference = part["margin"], []
    if part["kind"] == "share":
        whole = outcomes.mean(table, part["reference"])
        x, margin, reference = x - part["margin"] * whole, 0, [family.column(whole, True, 0, names)]
    return family.column(x, above, margin, names), family.column(x, not above, margin, names), reference

def member_formulas(family, parts, table, outcomes):
    made = [part_formulas(family, part, table, outcomes) for part in parts]
    behaviour = [one for _, _, reference in made for one in reference]
    refute = any_of([one for _, one, _ in made])
    return ("every", [one for one, _, _ in made] + behaviour), ("every", behaviour + [refute])

def scores(parts, table, outcomes):
    """One number per cluster, larger is better; and whether the size of its mean is what counts."""
    part, shares = parts[0], [one for one in parts if one["kind"] == "share"]
    sign = 1 if part["direction"] == "above" else -1
    if len(shares) >= 2:
        middle = sum(one["margin"] for one in shares) / len(shares)
        return -np.abs(outcomes.mean(table, shares[0]["x"]) - middle * outcomes.mean(table, shares[0]["reference"])), False
    x = outcomes.mean(table, part["x"])
    if part["kind"] == "abs-mean":
        return (x, True) if sign == 1 else (-np.abs(x), False)
    return sign * (x - part["margin"] * outcomes.mean(table, part["reference"]) if part["kind"] == "share" else x), False

def statistic(parts, table, outcomes):
    values, size = scores(parts, table, outcomes)
    return abs(float(np.mean(values))) if size else float(np.mean(values))

def state_of(member, table, outcomes):
    """Verdict of a member that needs no test, or None."""
    if not outcomes.finite(table, member["parts"]):
        return "invalid"
    if member["structural"]:
        zero = [p["margin"] > 0 if p["direction"] == "below" else p["kind"] == "mean" and p["margin"] < 0 for p in member["parts"]]
        return "invalid" if all(zero) else "refuted"
    if member["changes"] and all((outcomes.rows[table, one] == 0).all() for one in member["changes"]):
        return "inconclusive"
    return None

def holds_alone(parts_of_members, quantity, method, table, path, basis, family, outcomes):
    """Is a claim that is a family of its own supported (an assay, a replicate under a smoke control)?"""
    members = [{"id": str(i), "parts": parts, "structural": False, "changes": []} for i, parts in enumerate(parts_of_members)]
    claim = {"id": path, "quantity": quantity, "table": table, "members": members, "assay": None}
    alone = {**family, "method": method, "claims": [path]}
    return "supported" in decide_family(alone, path, {"claims": [claim], "controls": [], "root": basis["root"]}, outcomes)[0].values()

def gates_of(family, claim, member, basis, family_facts, outcomes):
    """Formulas that must be shown as well, and whether a settled gate failed."""
    formulas, failed, table = [], False, claim["table"]
    rate = Fraction(family_facts["rate"])
    for control in basis["controls"]:
        if control["claim"] != claim["id"] or control["waived"] is not None:
            continue
        if control["kind"] == "paired":
            if all(state_of(one, table, outcomes) in ("refuted", "inconclusive") for one in control["members"]):
                continue  # structurally zero or never changed anything: not informative
            other = next(one for one in control["members"] if one["id"] == member["id"])
            if not outcomes.finite(table, other["parts"]):
                failed = True
                continue
            (own, size), (its, _) = scores(member["parts"], table, outcomes), scores(other["parts"], table, outcomes)
            names = outcomes.lists[table]
            if size:
                formulas.append(any_of([("every", [family.column(own + its, s, 0, names), family.column(own - its, s, 0, names)]) for s in (True, False)]))
            else:
                formulas.append(family.column(own - its, True, 0, names))
            continue
        replicates = []
        for one in control["replicates"]:
            reached = [m for m in one["members"] if not m["structural"]] or one["members"]
            values = [statistic(m["parts"], control["table"], outcomes) for m in reached]
            replicates.append(max(values) if all(map(math.isfinite, values)) else math.inf)
        observed = statistic(member["parts"], table, outcomes)
        if control["exhaustive"]:
            replicates.append(observed)
        if not replicates or all(value == replicates[0] for value in replicates):
            continue  # not informative
        n = len(replicates) + (0 if control["exhaustive"] else 1)
        if Fraction(1, n) <= rate:
            at_least = sum(value >= threshold(observed) for value in replicates) + (0 if control["exhaustive"] else 1)
            failed |= Fraction(max(1, at_least), n) > rate
        else:
            failed |= any(
                holds_alone([m["parts"] for m in one["members"]], claim["quantity"], family_facts["method"], control["table"],
                            f"smoke/{control['name']}/{i}", basis, family_facts, outcomes)
                for i, one in enumerate(control["replicates"]))
    if claim["assay"] is not None:
        failed |= not outcomes.finite(table, claim["assay"]) or not holds_alone(
            [claim["assay"]], "single", "holm", table, f"assay/{claim['id']}", basis, family_facts, outcomes)
    return formulas, failed

def decide_family(facts, path, basis, outcomes):
    """Verdicts by id, and adjusted p-values (support, refute) of what was tested."""
    family, rate = Family(basis["root"], path, facts["flips"]), Fraction(facts["rate"])
    verdicts, units, one = {}, [], Fraction(1)
    for name in facts["claims"]:
        claim = next(c for c in basis["claims"] if c["id"] == name)
        if claim["quantity"] not in ("each", "single"):
            sys.exit(f"{name}: claims with `{claim['quantity']}` are not covered here")
        for member in claim["members"]:
            label = name if claim["quantity"] == "single" else f"{name}/{member['id']}"
            state = state_of(member, claim["table"], outcomes)
            if state is None:
                units.append((label, member_formulas(family, member["parts"], claim["table"], outcomes),
                              *gates_of(family, claim, member, basis, facts, outcomes)))
            else:
                verdicts[label] = state
                if state == "inconclusive" or (state == "invalid" and not member["structural"]):
                    units.append((label, None, [], False))  # keeps its place in the count with p = 1
    k, tested = len(units), [unit for unit in units if unit[1] is not None]
    if facts["method"] == "max_t" and k > 1:
        indices = sorted({c for _, (s, r), gates, _ in tested for f in (s, r, *gates) for c in columns_of(f)})
        adjusted, raw = family.joint(indices).__getitem__ if indices else None, False
    else:
        adjusted, raw = family.raw_p, True
    support = {u[0]: evaluate(u[1][0], adjusted, raw) if u[1] else one for u in units}
    refute = {u[0]: evaluate(u[1][1], adjusted, raw) if u[1] else one for u in units}
    gated = {u[0]: one if u[3] or not u[1] else max([support[u[0]], *(evaluate(g, adjusted, raw) for g in u[2])]) for u in units}
    if facts["method"] == "holm":
        support, gated = holm(support), holm(gated)
        refute = {label: min(one, p * k) for label, p in refute.items()}
    elif facts["method"] != "max_t":
        sys.exit(f"the correction {facts['method']} is not covered here")
    for label, _, gates, failed in tested:
        free = not gates and not failed
        shown, through = support[label] <= rate, free or gated[label] <= rate
        verdicts[label] = ("supported" if through else "inconclusive") if shown else "refuted" if refute[label] <= rate else "inconclusive"
    return verdicts, {u[0]: (support[u[0]], refute[u[0]]) for u in tested}

def holm(p):
    floor, made = Fraction(0), {}
    for rank, (label, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        floor = max(floor, value * (len(p) - rank))
        made[label] = min(Fraction(1), floor)
    return made

def check_ledger(path):
    entries, seen = [json.loads(line) for line in path.read_text().splitlines()], {"0" * 64}
    for entry in entries:
        body = {name: entry[name] for name in ("seq", "prev", "body")}
        check(sha(b"eisc-ledger-v1\n" + jcs(body)) == entry["hash"], f"entry {entry['seq']}: its hash is wrong")
        check(entry["prev"] in seen, f"entry {entry['seq']}: what it follows is missing")
        seen.add(entry["hash"])
    return entries

def check_lock(lock, basis, report):
    meaning = lock["meaning"]
    check(domain("meaning", meaning) == lock["lock"], "the lock's digest is wrong")
    check(domain("lock", {name: value for name, value in lock.items() if name != "seal"}) == lock["seal"], "the lock's seal is wrong")
    check(report["lock"] == lock["lock"] == basis["root"], "the result belongs to another lock")
    check(basis["families"] == meaning["families"], "the families are not those of the lock")
    check([c["id"] for c in basis["claims"]] == [c["name"] for c in meaning["claims"]], "the claims are not those of the lock")
    named = lambda c: (c["claim"], c["name"], c["waived"])
    check(sorted(map(named, basis["controls"]), key=str) == sorted(map(named, meaning["controls"]), key=str), "other controls")
    words = {"mean": "mean", "abs-mean": "|mean|", "share": "share"}
    for claim, locked in zip(basis["claims"], meaning["claims"]):
        check(claim["quantity"] == locked["quantity"], f"{claim['id']}: another quantifier")
        check(len(claim["members"]) == locked["members"], f"{claim['id']}: another number of members")
        for member in claim["members"]:
            check([p["name"] for p in member["parts"]] == locked["margins"], f"{claim['id']}: other margins")
            for p in member["parts"]:
                sign = ">" if p["direction"] == "above" else "<"
                check(p["name"].startswith(words[p["kind"]]) and f"{sign} {p['marginText']}" in p["name"], f"{p['name']}: misread")
                check(float(p["marginText"]) == p["margin"], f"{p['name']}: its margin is {p['margin']}")

def check_files(folder, entries, lock, flips, verdicts):
    files = sorted(str(f.relative_to(folder)) for pattern in ("report.json", "outcomes/*", "tables/*") for f in folder.glob(pattern))
    records = [{"path": f, "bytes": (folder / f).stat().st_size, "sha256": sha((folder / f).read_bytes())} for f in files]
    mine = [entry["body"] for entry in entries if entry["body"].get("lock") == lock["lock"]]
    kinds = [body["kind"] for body in mine]
    check(kinds[:2] == ["lock", "open"] and "confirm" in kinds[2:], "the ledger does not hold lock, open and confirm in this order")
    last = [body for body in mine if body["kind"] in ("confirm", "replay")][-1:]
    decision = {"flips": flips, "verdicts": [{"id": i, "verdict": v} for i, v in sorted(verdicts.items())]}
    for body in last:
        check(body["evidence"] == domain("evidence", records), "the files are not those that the ledger names")
        listed = [[r["path"], r["sha256"]] for r in records if r["path"].startswith("outcomes/")]
        check(body["outcome"] == domain("outcomes", listed), "the outcomes are not those that the ledger names")
        check(body["decision"] == domain("decision", decision), "the verdicts are not those that the ledger names")

def compare(report, verdicts, adjusted):
    for claim in report["claims"]:
        rows = [(claim["id"], claim)] + [(f"{claim['id']}/{m['id']}", m) for m in claim["members"]]
        for label, row in rows:
            if row["verdict"] in ("by-member", "with-claim"):
                continue
            check(verdicts.get(label) == row["verdict"], f"{label}: {row['verdict']} in the report, {verdicts.get(label)} here")
            for side, mine in zip(("support", "refute"), adjusted.get(label, ())):
                p = row["adjusted"][side]
                stated = Fraction(p["c"], p["n"]) if p["kind"] == "count" else p["value"]
                check(stated == mine, f"{label}: p to {side} {stated} in the report, {mine} here")

def main(pipeline, ledger=None):
    pipeline = Path(pipeline)
    folder = pipeline.with_name(pipeline.name + ".result")
    lock = json.loads(pipeline.with_name(pipeline.name + ".lock").read_text())
    report = json.loads((folder / "report.json").read_text())
    basis, outcomes = report["basis"], Outcomes(folder / "outcomes")
    entries = check_ledger(Path(ledger) if ledger else pipeline.with_name("eis.ledger.jsonl"))
    check_lock(lock, basis, report)
    verdicts, adjusted = {}, {}
    for family in basis["families"]:
        made, p = decide_family(family, f"family/{family['name']}", basis, outcomes)
        verdicts |= made
        adjusted |= p
    compare(report, verdicts, adjusted)
    check_files(folder, entries, lock, max(f["flips"] for f in basis["families"]), verdicts)
    print(json.dumps({"verdicts": verdicts, "faults": faults}, indent=2))
    sys.exit(1 if faults else 0)

if __name__ == "__main__":
    main(*sys.argv[1:])
