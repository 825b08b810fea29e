//! Hashes and buckets, against values from their definitions.

use super::super::bucket::{Bucketer, Murmur, bucket};
use super::super::hash::Algorithm;
use super::*;

const TEXT: &str = "flag-7/user_19";

#[test]
fn hashes_are_those_of_their_definitions() {
    let vectors = [
        ("murmur3", [0, 1_009_084_850, 174_476_248], "6730e045"),
        ("fnv1a", [2_166_136_261, 3_826_002_220, 408_459_512], "00b3df4e"),
        ("crc32", [0, 3_904_355_907, 1_777_339_548], "76eade5e"),
        (
            "md5",
            [955_282_973_525_019_424, 57_446_577_476_672_362, 1_057_524_158_666_369_992],
            "e969b9a8f960a6bd8a8bf1f890e171c5",
        ),
        (
            "sha1",
            [982_798_738_632_651_952, 607_843_303_088_085_631, 1_093_662_112_355_305_423],
            "66b41c4dd8b853a030cf3bed8cad70a48601b91a",
        ),
        (
            "sha256",
            [1_025_426_827_051_516_353, 912_392_414_677_810_140, 275_777_997_059_641_158],
            "f1a11eb0df66f45353a1bbe2fd24f3a9b46e1b78b71cc5e035f34902c2c8ae7b",
        ),
    ];
    for (algorithm, numbers, hex) in vectors {
        for (text, number) in ["", "a", "naïve café ☕"].into_iter().zip(numbers) {
            let found = value(&call("HASH", vec![lit(algorithm), lit(text)]));
            assert_eq!(found, Value::Integer(number), "{algorithm} of {text:?}");
        }
        assert_eq!(value(&call("HASH_HEX", vec![lit(algorithm), lit(TEXT)])), hex.into());
    }
    // published with the algorithm: the hash of nothing is 2d06800538d394c2
    assert_eq!(value(&call("HASH_HEX", vec![lit("xxh3"), lit("")])), "2d06800538d394c2".into());
    let first = 0x2d06_8005_38d3_94c2_i64 >> 4;
    assert_eq!(value(&call("HASH", vec![lit("xxh3"), lit("")])), Value::Integer(first));
}

#[test]
fn seeds_change_the_hash() {
    let seeded =
        |seed: i64| value(&call("HASH", vec![lit("murmur3"), lit("naïve café ☕"), lit(seed)]));
    assert_eq!(seeded(0), Value::Integer(174_476_248));
    assert_eq!(seeded(1), Value::Integer(2_722_270_513));
    assert_eq!(seeded(4_294_967_295), Value::Integer(4_196_838_752));
}

#[test]
fn remainders_are_of_the_whole_hash_or_its_first_bits() {
    let vectors = [
        ("murmur3", [89, 1_731_256_389, 302, 0]),
        ("fnv1a", [10, 11_788_110, 22, 0]),
        ("crc32", [38, 1_995_103_838, 805, 0]),
        ("md5", [1, 6_728_207_739_025_276_739, 469, 1]),
        ("sha1", [86, 4_476_041_358_451_188_268, 286, 0]),
        ("sha256", [19, 8_817_877_676_704_246_667, 732, 1]),
    ];
    for (algorithm, remainders) in vectors {
        let questions = [(100, None), (i64::MAX, None), (1000, Some(13)), (7, Some(1))];
        for ((modulus, bits), remainder) in questions.into_iter().zip(remainders) {
            let mut arguments = vec![lit(algorithm), lit(TEXT), lit(modulus)];
            arguments.extend(bits.map(|bits: i64| lit(bits)));
            let found = value(&call("HASH_MOD", arguments));
            assert_eq!(found, Value::Integer(remainder), "{algorithm} % {modulus}, {bits:?}");
        }
    }
    let user = Context::anonymous().with("m", 0).with("b", 33).with("one", 1);
    let of = |modulus: Expr, bits: Expr| {
        value_for(&call("HASH_MOD", vec![lit("crc32"), lit(TEXT), modulus, bits]), &user)
    };
    assert_eq!(of(attr("m"), attr("one")), Value::Null);
    assert_eq!(of(attr("one"), attr("b")), Value::Null);
    assert_eq!(of(attr("one"), attr("missing")), Value::Null);
    assert_eq!(of(attr("one"), attr("one")), Value::Integer(0));
}

#[test]
fn murmur_does_not_see_how_the_bytes_are_cut() {
    let bytes: Vec<u8> = (0..40).collect();
    let whole = Murmur::new(7).feed(&bytes).finish();
    for first in 0..20 {
        for second in first..30 {
            let cut = Murmur::new(7).feed(&bytes[..first]).feed(&bytes[first..second]);
            assert_eq!(cut.feed(&bytes[second..]).finish(), whole, "{first}, {second}");
        }
    }
}

#[test]
fn buckets_are_those_of_the_formula() {
    assert_eq!(bucket("shop/beta", "u1"), 30_088);
    assert_eq!(bucket("shop/beta/split", "u1"), 70_057);
    assert_eq!(Bucketer::of_split("shop/beta").bucket("u1"), 70_057);
    assert_eq!(bucket("shop/EVERYONE", "é☕"), 79_262);
    assert_eq!(bucket("", ""), 16_855);
    assert_eq!(value(&call("BUCKET", vec![lit("shop/beta"), lit("u1")])), Value::Integer(30_088));
}

#[test]
fn numbers_are_hashed_as_their_text() {
    let of = |x: Expr| value(&call("HASH_HEX", vec![lit("crc32"), x]));
    assert_eq!(of(j("42.0")), of(lit("42")));
    assert_eq!(of(j("-0.0")), of(lit("0")));
    assert_eq!(of(lit(true)), of(lit("true")));
    assert_ne!(of(j("42.5")), of(lit("42")));
    assert_eq!(of(attr("list")), Value::Null);
}

#[test]
fn every_algorithm_has_its_length() {
    for algorithm in Algorithm::ALL {
        let digits = algorithm.digest(b"x", 0).hex().len();
        assert_eq!(digits, algorithm.bits() as usize / 4, "{}", algorithm.name());
        assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
    }
}
