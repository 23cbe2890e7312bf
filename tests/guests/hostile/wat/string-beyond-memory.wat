;; Hands the host a text of 1 GiB by pointer and length; its memory has one page.
(component
  (import "tollgate:host/types@0.1.0" (instance $types
    (type $r (record (field "stage" string) (field "reason" string) (field "message" string) (field "change" (option string))))
    (export "refusal" (type (eq $r)))))
  (alias export $types "refusal" (type $refusal))
  (import "tollgate:host/forum@0.1.0" (instance $forum
    (alias outer 1 $refusal (type $r))
    (export "refusal" (type $here (eq $r)))
    (export "post" (func
      (param "forum" string) (param "thread" u64) (param "body" string) (result (result u64 (error $here)))))))
  (core module $libc
    (memory (export "memory") 1)
    (data (i32.const 0) "eng-help")
    (data (i32.const 16) "posted before the trap")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (core func $post (canon lower (func $forum "post") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core module $m
    (import "host" "post" (func $post (param i32 i32 i64 i32 i32 i32)))
    (func (export "go")
      (call $post (i32.const 0) (i32.const 8) (i64.const 1) (i32.const 16) (i32.const 1073741824) (i32.const 512))))
  (core instance $i (instantiate $m (with "host" (instance (export "post" (func $post))))))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
