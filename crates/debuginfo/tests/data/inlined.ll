; Two WebAssembly functions as the code generator describes them: wasm[1] is inlined into wasm[2].
; inlined.o beside it is this file through `clang-22 -c -O1`; the test of the same name makes it anew and reads both.
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-unknown-linux-gnu"

define hidden tailcc i32 @"wasm[1]"(ptr %vmctx, i32 %x) #0 !dbg !5 {
  %zero = icmp eq i32 %x, 0, !dbg !8
  br i1 %zero, label %trap, label %divide, !dbg !8
divide:
  %result = udiv i32 1000, %x, !dbg !9
  ret i32 %result, !dbg !10
trap:
  call void @llvm.ubsantrap(i8 7) #1, !dbg !8
  unreachable, !dbg !8
}

define hidden tailcc i32 @"wasm[2]"(ptr %vmctx, ptr %p, i32 %x) #0 !dbg !6 {
  %seven = mul i32 %x, 77, !dbg !11
  store volatile i32 %seven, ptr %p, align 1, !dbg !12
  %y = call tailcc i32 @"wasm[1]"(ptr %vmctx, i32 %seven), !dbg !13
  %z = add i32 %y, %x, !dbg !14
  store volatile i32 %z, ptr %p, align 1, !dbg !15
  ret i32 %z, !dbg !16
}

define hidden void @"host_entry[0]"(ptr %vmctx, ptr %code, ptr %slots) #2 {
  %x = load i32, ptr %slots, align 16
  %y = call tailcc i32 %code(ptr %vmctx, i32 %x)
  store i32 %y, ptr %slots, align 16
  ret void
}

declare void @llvm.ubsantrap(i8 immarg)

attributes #0 = { nounwind uwtable(async) alwaysinline }
attributes #1 = { nomerge }
attributes #2 = { nounwind uwtable(async) }

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2, !3, !4}
!0 = distinct !DICompileUnit(language: DW_LANG_C, file: !1, producer: "wootz", isOptimized: true, emissionKind: FullDebug)
!1 = !DIFile(filename: "module.wasm", directory: "/")
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = !{i32 7, !"Dwarf Version", i32 5}
!4 = !{i32 8, !"PIC Level", i32 2}
!5 = distinct !DISubprogram(name: "divide", linkageName: "wasm[1]", scope: !1, file: !1, line: 46, type: !7, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!6 = distinct !DISubprogram(name: "wasm[2]", linkageName: "wasm[2]", scope: !1, file: !1, line: 64, type: !7, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!7 = !DISubroutineType(types: !{null})
!8 = !DILocation(line: 49, scope: !5)
!9 = !DILocation(line: 49, scope: !5)
!10 = !DILocation(line: 50, scope: !5)
!11 = !DILocation(line: 66, scope: !6)
!12 = !DILocation(line: 70, scope: !6)
!13 = !DILocation(line: 100000, scope: !6)
!14 = !DILocation(line: 75, scope: !6)
!15 = !DILocation(line: 0, scope: !6)
!16 = !DILocation(line: 80, scope: !6)
