// A plugin for clang 22 that keeps the places of variables in optimised WebAssembly code, for debuggers.
//
// clang states where a variable is only directly behind the instruction that computes its value. What it knows of it elsewhere, mostly where ways
// through the code join, it still has when it gives locals to registers, and drops there: DBG_VALUE of a register that has become a local is rewritten
// only beside that register's definition. And it does not say that a variable is gone when its local is assigned for another one.
//
// Three passes around that one. No instruction is changed: the module differs in its DWARF only.
//
//   Mark     before the locals are given: puts one more DBG_VALUE, a mark, behind each definition of the registers in question
//   Resolve  behind it: reads from the marks which local a register has become, and rewrites the DBG_VALUEs that were left
//   End      when places have been carried on from block to block: ends those of a local where it is assigned
//
//   clang++-22 -shared -fPIC -fno-rtti -O1 $(llvm-config-22 --cxxflags) places.cpp -o places.so
//   clang-22 --target=wasm32-wasip1 -O2 -g -fpass-plugin=places.so …

#include "llvm/CodeGen/MachineFunctionPass.h"
#include "llvm/CodeGen/MachineInstrBuilder.h"
#include "llvm/CodeGen/MachineRegisterInfo.h"
#include "llvm/CodeGen/TargetInstrInfo.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"
#include "llvm/PassRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Plugins/PassPlugin.h"
#include "llvm/Target/RegisterTargetPassConfigCallback.h"
#include "llvm/Target/TargetMachine.h"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

using namespace llvm;

namespace {

// The kind of a place that is a WebAssembly local: TI_LOCAL of the target's own headers.
constexpr unsigned LocalPlace = 0;

bool isNamed(const MachineInstr &instr, StringRef prefix) {
    const TargetInstrInfo *info = instr.getMF()->getSubtarget().getInstrInfo();
    return info->getName(instr.getOpcode()).starts_with(prefix);
}

bool isArgument(const MachineInstr &instr) { return isNamed(instr, "ARGUMENT_"); }

// The local that an instruction assigns.
std::optional<int64_t> assignedLocal(const MachineInstr &instr) {
    if (!isNamed(instr, "LOCAL_SET_") && !isNamed(instr, "LOCAL_TEE_"))
        return std::nullopt;
    for (const MachineOperand &operand : instr.operands())
        if (operand.isImm())
            return operand.getImm();
    return std::nullopt;
}

// The register of which an instruction says that it has a variable.
std::optional<Register> describedRegister(const MachineInstr &instr) {
    if (!instr.isNonListDebugValue() || !instr.getDebugOperand(0).isReg())
        return std::nullopt;
    Register reg = instr.getDebugOperand(0).getReg();
    return reg.isVirtual() ? std::optional(reg) : std::nullopt;
}

// The marks of the function that is compiled. Functions are compiled one after the other.
std::vector<std::pair<MachineInstr *, Register>> marks;

struct Mark : MachineFunctionPass {
    static char ID;
    Mark() : MachineFunctionPass(ID) {}
    StringRef getPassName() const override { return "Mark registers that have variables"; }

    bool runOnMachineFunction(MachineFunction &function) override {
        marks.clear();
        // The first DBG_VALUE of a register lends its mark a variable.
        std::map<Register, const MachineInstr *> described;
        for (MachineBasicBlock &block : function)
            for (MachineInstr &instr : block)
                if (auto reg = describedRegister(instr))
                    described.emplace(*reg, &instr);
        const MCInstrDesc &debugValue = function.getSubtarget().getInstrInfo()->get(TargetOpcode::DBG_VALUE);
        for (auto [reg, like] : described) {
            std::vector<MachineInstr *> definitions;
            for (MachineInstr &definition : function.getRegInfo().def_instructions(reg))
                definitions.push_back(&definition);
            for (MachineInstr *definition : definitions) {
                MachineBasicBlock &block = *definition->getParent();
                auto at = std::next(definition->getIterator());
                // Arguments stay together.
                while (isArgument(*definition) && at != block.end() && isArgument(*at))
                    ++at;
                MachineInstr *mark = BuildMI(block, at, like->getDebugLoc(), debugValue, false, reg,
                                             like->getDebugVariable(), like->getDebugExpression());
                marks.emplace_back(mark, reg);
            }
        }
        return !marks.empty();
    }
};

struct Resolve : MachineFunctionPass {
    static char ID;
    Resolve() : MachineFunctionPass(ID) {}
    StringRef getPassName() const override { return "Say which locals have variables"; }

    bool runOnMachineFunction(MachineFunction &function) override {
        std::map<Register, std::optional<int64_t>> locals;
        for (auto [mark, reg] : marks) {
            const MachineOperand &place = mark->getDebugOperand(0);
            if (place.isTargetIndex() && place.getIndex() == LocalPlace) {
                auto [known, isNew] = locals.emplace(reg, place.getOffset());
                if (!isNew && known->second != place.getOffset())
                    known->second = std::nullopt;
            }
            mark->eraseFromParent();
        }
        marks.clear();

        std::map<int64_t, unsigned> assignments;
        for (MachineBasicBlock &block : function)
            for (MachineInstr &instr : block)
                if (auto local = assignedLocal(instr))
                    ++assignments[*local];
        for (MachineBasicBlock &block : function) {
            // A value on the operand stack that has been put into a local which nothing else is put into is there from then on.
            std::map<Register, int64_t> stored;
            for (MachineInstr &instr : block) {
                if (auto local = assignedLocal(instr)) {
                    bool isOnly = assignments[*local] == 1 && *local >= int64_t(function.getFunction().arg_size());
                    for (const MachineOperand &operand : instr.uses())
                        if (isOnly && operand.isReg())
                            stored.emplace(operand.getReg(), *local);
                } else if (auto reg = describedRegister(instr)) {
                    MachineOperand &place = instr.getDebugOperand(0);
                    if (auto known = stored.find(*reg); known != stored.end())
                        place.ChangeToTargetIndex(LocalPlace, known->second);
                    else if (auto local = locals.find(*reg); local != locals.end() && local->second)
                        place.ChangeToTargetIndex(LocalPlace, *local->second);
                }
            }
        }
        return true;
    }
};

struct End : MachineFunctionPass {
    static char ID;
    End() : MachineFunctionPass(ID) {}
    StringRef getPassName() const override { return "End places of locals that are assigned"; }

    bool runOnMachineFunction(MachineFunction &function) override {
        const MCInstrDesc &debugValue = function.getSubtarget().getInstrInfo()->get(TargetOpcode::DBG_VALUE);
        for (MachineBasicBlock &block : function) {
            std::map<DebugVariable, const MachineInstr *> open;
            for (MachineInstr &instr : make_early_inc_range(block)) {
                if (instr.isDebugValue()) {
                    DebugVariable variable(instr.getDebugVariable(), instr.getDebugExpression(),
                                           instr.getDebugLoc()->getInlinedAt());
                    open.erase(variable);
                    const MachineOperand &place = instr.getDebugOperand(0);
                    if (!instr.isDebugValueList() && place.isTargetIndex() && place.getIndex() == LocalPlace)
                        open.emplace(variable, &instr);
                    continue;
                }
                auto local = assignedLocal(instr);
                for (auto at = open.begin(); local && at != open.end();) {
                    const MachineInstr *there = at->second;
                    if (there->getDebugOperand(0).getOffset() != *local) {
                        ++at;
                        continue;
                    }
                    BuildMI(block, instr.getIterator(), there->getDebugLoc(), debugValue, false, Register(),
                            there->getDebugVariable(), there->getDebugExpression());
                    at = open.erase(at);
                }
            }
        }
        return true;
    }
};

char Mark::ID = 0;
char Resolve::ID = 0;
char End::ID = 0;
RegisterPass<Mark> registerMark("wasm-places-mark", "Mark registers that have variables");
RegisterPass<Resolve> registerResolve("wasm-places-resolve", "Say which locals have variables");
RegisterPass<End> registerEnd("wasm-places-end", "End places of locals that are assigned");

void insertAfter(TargetPassConfig &config, StringRef pass, char &inserted) {
    if (const PassInfo *info = PassRegistry::getPassRegistry()->getPassInfo(pass))
        config.insertPass(info->getTypeInfo(), &inserted);
    else
        report_fatal_error("this clang has no pass " + pass);
}

RegisterTargetPassConfigCallback callback([](TargetMachine &machine, PassManagerBase &, TargetPassConfig *config) {
    if (!machine.getTargetTriple().isWasm() || machine.getOptLevel() == CodeGenOptLevel::None)
        return;
    insertAfter(*config, "wasm-cfg-stackify", Mark::ID);
    insertAfter(*config, "wasm-explicit-locals", Resolve::ID);
    insertAfter(*config, "livedebugvalues", End::ID);
});

} // namespace

extern "C" PassPluginLibraryInfo llvmGetPassPluginInfo() {
    return {LLVM_PLUGIN_API_VERSION, "wootz-places", "1", [](PassBuilder &) {}, nullptr};
}
