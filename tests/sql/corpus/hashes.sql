# Digests and hashes.
--- r_MD5 | a digest
select md5('Amazon Redshift');
=> md5 VARCHAR(32)
f7415e33f972c03abd4f3fed36748f7a
--- r_FNV_HASH | an integer
select fnv_hash(1);
=> fnv_hash BIGINT
-5968735742475085980
--- r_FNV_HASH | text
select fnv_hash('Amazon Redshift');
=> fnv_hash BIGINT
7783490368944507294
--- r_FNV_HASH | a seed
select fnv_hash('Amazon Redshift', fnv_hash(1));
=> fnv_hash BIGINT
-2202602717770968555
--- r_FNV_HASH | four characters
select fnv_hash('abcd');
=> fnv_hash BIGINT
-281581062704388899
--- r_FNV_HASH | two and two
select fnv_hash('cd', fnv_hash('ab'));
=> fnv_hash BIGINT
-281581062704388899
--- r_FNV_HASH | SMALLINT
select fnv_hash(1::smallint);
=> fnv_hash BIGINT
589727492704079044
--- r_FNV_HASH | BIGINT
select fnv_hash(1::bigint);
=> fnv_hash BIGINT
-8517097267634966620
--- r_FNV_HASH | a type whose bytes are not documented | own
select fnv_hash(1.5);
=> refused: FNV_HASH of DECIMAL(2,1)
# The page of 2023 printed the results of FNV_HASH here; the page of 2025 has these.
--- MURMUR3_32_HASH | an integer
select MURMUR3_32_HASH(1);
=> murmur3_32_hash INTEGER
1392991556
--- MURMUR3_32_HASH | text
select MURMUR3_32_HASH('Amazon Redshift');
=> murmur3_32_hash INTEGER
-1563580564
--- MURMUR3_32_HASH | four characters
select MURMUR3_32_HASH('abcd');
=> murmur3_32_hash INTEGER
1139631978
# The page prints -1346554171, which is not Murmur3 of this text with the seed 1392991556.
--- MURMUR3_32_HASH | a seed
select MURMUR3_32_HASH('Amazon Redshift', MURMUR3_32_HASH(1));
=> refused: MURMUR3_32_HASH of text with a seed
--- MURMUR3_32_HASH | two and two
select MURMUR3_32_HASH('cd', MURMUR3_32_HASH('ab'));
=> refused: MURMUR3_32_HASH of text with a seed
--- MURMUR3_32_HASH | an integer and a seed
select MURMUR3_32_HASH(1, MURMUR3_32_HASH(1));
=> murmur3_32_hash INTEGER
-1193428387
--- MURMUR3_32_HASH | another seed
select MURMUR3_32_HASH(1, MURMUR3_32_HASH(2));
=> murmur3_32_hash INTEGER
1179621905
--- SHA2 | numbers of bits | own
select len(sha2('Amazon Redshift', 224)) a, sha2('a', 0) = sha2('a', 256) b, sha2('a', 1) c;
=> a INTEGER, b BOOLEAN, c VARCHAR(128)
56 | true | ""
--- SHA1 | the three names | own
select sha1('a') = sha('a') a, func_sha1('a') b;
=> a BOOLEAN, b VARCHAR(40)
true | 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8
--- r_FARMFINGERPRINT64 | text
SELECT farmFingerprint64('Amazon Redshift');
=> farmfingerprint64 BIGINT
8085098817162212970
--- r_FARMFINGERPRINT64 | bytes
SELECT farmFingerprint64('Amazon Redshift'::varbyte);
=> farmfingerprint64 BIGINT
8085098817162212970
