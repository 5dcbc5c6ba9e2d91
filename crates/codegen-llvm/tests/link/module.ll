; What compiled modules have: float constants, a jump table, library calls, a call between functions, an inlined function,
; trampolines, a trap.
target triple = "x86_64-unknown-linux-gnu"

define hidden tailcc i32 @"wasm[0]"(ptr %vmctx, i32 %x) #0 !dbg !10 {
  switch i32 %x, label %other [
    i32 0, label %a
    i32 1, label %b
    i32 2, label %c
    i32 3, label %d
    i32 4, label %e
  ], !dbg !20
a:
  %ra = call tailcc i32 @"wasm[1]"(ptr %vmctx, i32 %x), !dbg !21
  ret i32 %ra, !dbg !21
b:
  %rb = mul i32 %x, 77, !dbg !22
  ret i32 %rb, !dbg !22
c:
  %rc = call tailcc i32 @"wasm[1]"(ptr %vmctx, i32 77), !dbg !23
  %rc2 = add i32 %rc, %x, !dbg !23
  ret i32 %rc2, !dbg !23
d:
  %rd = xor i32 %x, 12345, !dbg !24
  ret i32 %rd, !dbg !24
e:
  call void @llvm.ubsantrap(i8 1) #1, !dbg !25
  unreachable, !dbg !25
other:
  ret i32 0, !dbg !26
}

define hidden tailcc i32 @"wasm[1]"(ptr %vmctx, i32 %x) #0 !dbg !11 {
  %zero = icmp eq i32 %x, 0, !dbg !30
  br i1 %zero, label %trap, label %divide, !dbg !30
divide:
  %result = udiv i32 1000, %x, !dbg !31
  ret i32 %result, !dbg !31
trap:
  call void @llvm.ubsantrap(i8 7) #1, !dbg !30
  unreachable, !dbg !30
}

define hidden tailcc double @"wasm[2]"(ptr %vmctx, double %x, float %y) #0 !dbg !12 {
  %r = frem double %x, 3.25, !dbg !40
  %c = call double @llvm.ceil.f64(double %r), !dbg !41
  %n = fneg float %y, !dbg !42
  %w = fpext float %n to double, !dbg !42
  %s = fadd double %c, %w, !dbg !43
  %t = fmul double %s, 1.0e-3, !dbg !44
  ret double %t, !dbg !44
}

define hidden tailcc void @"wasm[3]"(ptr %vmctx, ptr %to, ptr %from, i64 %len) #0 !dbg !13 {
  call void @llvm.memcpy.p0.p0.i64(ptr align 1 %to, ptr align 1 %from, i64 %len, i1 false), !dbg !50
  ret void, !dbg !51
}

define hidden void @"host_entry[0]"(ptr %vmctx, ptr %code, ptr %slots) #2 {
  %x = load i32, ptr %slots, align 16
  %y = call tailcc i32 %code(ptr %vmctx, i32 %x)
  store i32 %y, ptr %slots, align 16
  ret void
}

declare void @llvm.ubsantrap(i8 immarg)
declare double @llvm.ceil.f64(double)
declare void @llvm.memcpy.p0.p0.i64(ptr noalias nocapture writeonly, ptr noalias nocapture readonly, i64, i1 immarg)

attributes #0 = { nounwind uwtable(async) "probe-stack"="inline-asm" }
attributes #1 = { nomerge }
attributes #2 = { nounwind uwtable(async) }

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2, !3, !4}
!0 = distinct !DICompileUnit(language: DW_LANG_C, file: !1, producer: "wootz", isOptimized: true, emissionKind: FullDebug)
!1 = !DIFile(filename: "module.wasm", directory: "/")
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = !{i32 7, !"Dwarf Version", i32 5}
!4 = !{i32 8, !"PIC Level", i32 2}
!5 = !DISubroutineType(types: !{null})
!10 = distinct !DISubprogram(name: "wasm[0]", linkageName: "wasm[0]", scope: !1, file: !1, line: 100, type: !5, scopeLine: 100, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!11 = distinct !DISubprogram(name: "wasm[1]", linkageName: "wasm[1]", scope: !1, file: !1, line: 200, type: !5, scopeLine: 200, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!12 = distinct !DISubprogram(name: "wasm[2]", linkageName: "wasm[2]", scope: !1, file: !1, line: 300, type: !5, scopeLine: 300, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!13 = distinct !DISubprogram(name: "wasm[3]", linkageName: "wasm[3]", scope: !1, file: !1, line: 400, type: !5, scopeLine: 400, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!20 = !DILocation(line: 101, scope: !10)
!21 = !DILocation(line: 110, scope: !10)
!22 = !DILocation(line: 120, scope: !10)
!23 = !DILocation(line: 130, scope: !10)
!24 = !DILocation(line: 140, scope: !10)
!25 = !DILocation(line: 150, scope: !10)
!26 = !DILocation(line: 160, scope: !10)
!30 = !DILocation(line: 210, scope: !11)
!31 = !DILocation(line: 220, scope: !11)
!40 = !DILocation(line: 310, scope: !12)
!41 = !DILocation(line: 320, scope: !12)
!42 = !DILocation(line: 330, scope: !12)
!43 = !DILocation(line: 340, scope: !12)
!44 = !DILocation(line: 350, scope: !12)
!50 = !DILocation(line: 410, scope: !13)
!51 = !DILocation(line: 420, scope: !13)
