;; Masks octets (RFC 6455 §5.3) in this module's own memory, 64 at a time, with SIMD.
;; Assembled into simd-mask.ts by `npm run wasm`.
(module
  (memory (export "memory") 1)

  ;; Masks `length` octets from address 0 on; `length` is a multiple of 64, and `key` has its first octet lowest.
  ;; Returns 1 when one of the resulting octets is no ASCII, else 0.
  (func (export "mask") (param $length i32) (param $key i32) (result i32)
    (local $at i32)
    (local $keys v128)
    (local $octets v128)
    (local $or v128)
    (local.set $keys (i32x4.splat (local.get $key)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (v128.store (local.get $at)
          (local.tee $octets (v128.xor (local.get $keys) (v128.load (local.get $at)))))
        (local.set $or (v128.or (local.get $or) (local.get $octets)))
        (v128.store offset=16 (local.get $at)
          (local.tee $octets (v128.xor (local.get $keys) (v128.load offset=16 (local.get $at)))))
        (local.set $or (v128.or (local.get $or) (local.get $octets)))
        (v128.store offset=32 (local.get $at)
          (local.tee $octets (v128.xor (local.get $keys) (v128.load offset=32 (local.get $at)))))
        (local.set $or (v128.or (local.get $or) (local.get $octets)))
        (v128.store offset=48 (local.get $at)
          (local.tee $octets (v128.xor (local.get $keys) (v128.load offset=48 (local.get $at)))))
        (local.set $or (v128.or (local.get $or) (local.get $octets)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (i32.ne (i8x16.bitmask (local.get $or)) (i32.const 0))))
