// A plugin for clang 22 that keeps the places of variables in optimised WebAssembly code, for debuggers.
//
// clang states where a variable is only directly behind the instruction that computes its value. What it knows of it elsewhere, mostly where ways
// through the code join, it still has when it gives locals to registers, and drops there: DBG_VALUE of a register that has become a local is rewritten
// only beside that register's definition. And it does not say that a variable is gone when its local is assigned for another one.
//
// And when it orders instructions as a stack machine needs them, most of them late, it says of a variable that it is gone from where its next value was to be
// computed to where it now is, though the instructions between are from before.
//
// Five passes around those. No instruction is changed: the module differs in its DWARF only.
//
//   Number   before the instructions are ordered: numbers them, and notes what is said of variables where
//   Restate  behind it: says at each instruction what was said at its number, as far as the value is there
//   Mark     before the locals are given: puts one more DBG_VALUE, a mark, behind each definition of the registers in question
//   Resolve  behind it: reads from the marks which local a register has become, and rewrites the DBG_VALUEs that were left
//   End      when places have been carried on from block to block: ends those of a local where it is assigned
//
//   clang++-22 -shared -fPIC -fno-rtti -O1 $(llvm-config-22 --cxxflags) places.cpp -o places.so
//   clang-22 --target=wasm32-wasip1 -O2 -g -fpass-plugin=places.so …

#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/CodeGen/LiveIntervals.h"
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

#include <algorithm>
#include <map>
#include <optional>
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

// A value: the number of the instruction that computes it and which of its results it is, or 0 and the register that a block begins with.
using Value = std::pair<unsigned, unsigned>;

Value valueOf(const std::map<Register, Value> &values, Register reg) {
    auto known = values.find(reg);
    return known != values.end() ? known->second : Value(0, reg.id());
}

bool isCopy(const MachineInstr &instr) { return isNamed(instr, "COPY_"); }

// What was said of a variable before the instructions were ordered.
struct Statement {
    // The number of the first instruction behind it.
    unsigned number;
    DebugVariable variable;
    DebugLoc location;
    const DIExpression *expression;
    bool isIndirect;
    // A constant, a register, or no register.
    MachineOperand operand;
    Value value;

    bool isGone() const { return operand.isReg() && !operand.getReg(); }
    bool isRegister() const { return operand.isReg() && operand.getReg(); }
};

// Those of the blocks of the function that is compiled, each by its order.
std::map<const MachineBasicBlock *, std::vector<Statement>> statements;

struct Number : MachineFunctionPass {
    static char ID;
    Number() : MachineFunctionPass(ID) {}
    StringRef getPassName() const override { return "Number instructions between variables"; }
    void getAnalysisUsage(AnalysisUsage &usage) const override {
        usage.setPreservesAll();
        MachineFunctionPass::getAnalysisUsage(usage);
    }

    bool runOnMachineFunction(MachineFunction &function) override {
        statements.clear();
        unsigned number = 1;
        for (MachineBasicBlock &block : function) {
            std::map<Register, Value> values;
            std::vector<Statement> said;
            for (MachineInstr &instr : block) {
                if (instr.isDebugValue()) {
                    said.push_back(read(instr, number, values));
                } else if (!instr.isDebugInstr()) {
                    std::optional<Value> copied;
                    if (isCopy(instr))
                        copied = valueOf(values, instr.getOperand(1).getReg());
                    unsigned result = 0;
                    for (const MachineOperand &operand : instr.operands())
                        if (operand.isReg() && operand.isDef())
                            values[operand.getReg()] = copied.value_or(Value(number, result++));
                    // It stays with the instruction, and not with a copy of it.
                    instr.setDebugInstrNum(number++);
                }
            }
            if (!said.empty())
                statements.emplace(&block, std::move(said));
        }
        return false;
    }

    static Statement read(const MachineInstr &instr, unsigned number, const std::map<Register, Value> &values) {
        DebugVariable variable(instr.getDebugVariable(), instr.getDebugExpression(), instr.getDebugLoc()->getInlinedAt());
        bool isGone = instr.isDebugValueList() || instr.isUndefDebugValue();
        MachineOperand operand = isGone ? MachineOperand::CreateReg(Register(), false) : instr.getDebugOperand(0);
        Value value;
        if (operand.isReg() && operand.getReg()) {
            operand = MachineOperand::CreateReg(operand.getReg(), false);
            value = valueOf(values, operand.getReg());
        }
        operand.clearParent();
        bool isIndirect = !isGone && instr.isIndirectDebugValue();
        return {number, variable, instr.getDebugLoc(), instr.getDebugExpression(), isIndirect, operand, value};
    }
};

// Where values are, from one instruction of a block to the next.
struct Places {
    std::map<Register, Value> held, onStack;

    // Whether a result may be on the operand stack, and not in a local: then it is gone with its only use.
    static bool mayBeStacked(Register reg, const MachineInstr &instr) {
        const MachineRegisterInfo &registers = instr.getMF()->getRegInfo();
        if (!registers.hasOneDef(reg) || !registers.hasOneNonDBGUse(reg))
            return false;
        const MachineInstr &use = *registers.use_instr_nodbg_begin(reg);
        return use.getParent() == instr.getParent() && usesStack(use) && usesStack(instr);
    }

    static bool usesStack(const MachineInstr &instr) {
        const TargetRegisterInfo &registers = *instr.getMF()->getSubtarget().getRegisterInfo();
        return any_of(instr.implicit_operands(), [&](const MachineOperand &operand) {
            return operand.isDef() && StringRef(registers.getName(operand.getReg())) == "VALUE_STACK";
        });
    }

    void step(const MachineInstr &instr) {
        constexpr unsigned Unknown = ~0u;
        bool isTee = isNamed(instr, "TEE_");
        std::optional<Value> copied;
        if (isTee || isCopy(instr))
            copied = valueOf(instr.getOperand(isTee ? 2 : 1).getReg());
        std::optional<Difference> difference = differenceOf(instr);
        for (const MachineOperand &operand : instr.operands())
            if (operand.isReg() && !operand.isDef())
                onStack.erase(operand.getReg());
        unsigned number = instr.peekDebugInstrNum() ? instr.peekDebugInstrNum() : Unknown;
        unsigned result = 0;
        for (const MachineOperand &operand : instr.operands()) {
            if (!operand.isReg() || !operand.isDef() || operand.isImplicit())
                continue;
            Register reg = operand.getReg();
            Value value = copied.value_or(Value(number, result));
            // The second result of a tee is what it puts into a local.
            bool isStacked = !(isTee && result == 1) && mayBeStacked(reg, instr);
            (isStacked ? onStack : held)[reg] = value;
            constants.erase(reg);
            if (isNamed(instr, "CONST_I32") && instr.getOperand(1).isImm())
                constants[reg] = SignExtend64<32>(instr.getOperand(1).getImm());
            else if (isNamed(instr, "CONST_I64") && instr.getOperand(1).isImm())
                constants[reg] = instr.getOperand(1).getImm();
            if (difference && number != Unknown)
                differences[difference->from] = {value, -difference->offset};
            result++;
        }
    }

    Value valueOf(Register reg) const {
        auto stacked = onStack.find(reg);
        return stacked != onStack.end() ? stacked->second : ::valueOf(held, reg);
    }

    // The register that has a value, and what is to be added to it. `before` is where the value was before the instructions were ordered.
    std::pair<Register, int64_t> find(Register before, Value value) const {
        if (Register reg = holder(before, value))
            return {reg, 0};
        auto other = differences.find(value);
        if (other == differences.end())
            return {Register(), 0};
        return {holder(before, other->second.from), other->second.offset};
    }

  private:
    // A value, and what is added to it.
    struct Difference {
        Value from;
        int64_t offset;
    };
    std::map<Register, int64_t> constants;
    // Values as others with something added.
    std::map<Value, Difference> differences;

    Register holder(Register before, Value value) const {
        Register first(value.second);
        if (::valueOf(held, before) == value)
            return before;
        if (!value.first && ::valueOf(held, first) == value)
            return first;
        for (const auto *places : {&held, &onStack})
            for (auto [reg, known] : *places)
                if (known == value)
                    return reg;
        return Register();
    }

    // What an instruction computes, if it is a value and a constant.
    std::optional<Difference> differenceOf(const MachineInstr &instr) const {
        if (!isNamed(instr, "ADD_I"))
            return std::nullopt;
        Register left = instr.getOperand(1).getReg(), right = instr.getOperand(2).getReg();
        if (auto known = constants.find(right); known != constants.end())
            return Difference{valueOf(left), known->second};
        if (auto known = constants.find(left); known != constants.end())
            return Difference{valueOf(right), known->second};
        return std::nullopt;
    }
};

// The definitions that the registers of DBG_VALUEs have, by their numbers: each by how many there were in the block before it, and 0 if there is none.
std::vector<unsigned> meant;

// The last definition of each register of a block.
struct Definitions {
    std::map<Register, unsigned> last;
    unsigned count = 0;

    void step(const MachineInstr &instr) {
        for (const MachineOperand &operand : instr.operands())
            if (operand.isReg() && operand.isDef() && operand.getReg().isVirtual())
                last[operand.getReg()] = ++count;
    }
    unsigned of(Register reg) const {
        auto known = last.find(reg);
        return known != last.end() ? known->second : 0;
    }
};

struct Restate : MachineFunctionPass {
    static char ID;
    Restate() : MachineFunctionPass(ID) {}
    StringRef getPassName() const override { return "Say again where variables are"; }
    void getAnalysisUsage(AnalysisUsage &usage) const override {
        usage.addRequired<LiveIntervalsWrapperPass>();
        usage.setPreservesAll();
        MachineFunctionPass::getAnalysisUsage(usage);
    }

    bool runOnMachineFunction(MachineFunction &function) override {
        LiveIntervals &intervals = getAnalysis<LiveIntervalsWrapperPass>().getLIS();
        meant.clear();
        for (MachineBasicBlock &block : function) {
            if (auto said = statements.find(&block); said != statements.end())
                restate(block, said->second, intervals);
        }
        statements.clear();
        return true;
    }

    // What was said that is still so, if anything is; the register that has the value now, and what is to be added to it.
    struct Place {
        const Statement *statement = nullptr;
        Register reg;
        int64_t offset = 0;

        bool operator==(const Place &other) const {
            return statement == other.statement && reg == other.reg && offset == other.offset;
        }
    };

    // What is said of a variable or of a part of it.
    struct Track {
        std::vector<const Statement *> said;
        // Those of parts that overlap.
        std::vector<const Track *> overlapping;
        // Where it is at last, if anything was said.
        std::optional<Place> now;

        // What was said before an instruction, unless something else was said of the same part since.
        const Statement *before(unsigned number) const {
            const Statement *wanted = lastBefore(number);
            for (const Track *other : overlapping)
                if (other->lastBefore(number) > wanted)
                    return nullptr;
            return wanted;
        }

        const Statement *lastBefore(unsigned number) const {
            auto next = std::upper_bound(said.begin(), said.end(), number, [](unsigned number, const Statement *said) {
                return number < said->number;
            });
            return next == said.begin() ? nullptr : *std::prev(next);
        }
    };

    static void restate(MachineBasicBlock &block, const std::vector<Statement> &statements, LiveIntervals &intervals) {
        for (MachineInstr &instr : make_early_inc_range(block))
            if (instr.isDebugValue())
                instr.eraseFromParent();
        std::map<DebugVariable, Track> tracks;
        for (const Statement &statement : statements)
            tracks[statement.variable].said.push_back(&statement);
        for (auto &[variable, track] : tracks)
            for (auto &[other, others] : tracks)
                if (&track != &others && overlap(variable, other))
                    track.overlapping.push_back(&others);
        // An instruction without a number was made for the next that has one. Nothing stops at one without a line.
        std::map<const MachineInstr *, unsigned> numbers;
        unsigned number = ~0u;
        for (MachineInstr &instr : reverse(block)) {
            if (instr.peekDebugInstrNum() && instr.getDebugLoc() && instr.getDebugLoc().getLine())
                number = instr.peekDebugInstrNum();
            numbers[&instr] = number;
        }
        Places places;
        Definitions definitions;
        auto sayAt = [&](MachineBasicBlock::iterator at, unsigned number) {
            std::vector<Place> news;
            for (auto &[variable, track] : tracks) {
                const Statement *wanted = track.before(number);
                if (!wanted && !track.now)
                    continue;
                Place place = wanted ? placeOf(*wanted, places, intervals, block) : Place();
                if (track.now == place)
                    continue;
                track.now = place;
                if (place.statement)
                    news.push_back(place);
                else
                    say(block, at, *track.said.front(), place, definitions);
            }
            // What overlaps another is said behind the end of that.
            for (const Place &place : news)
                say(block, at, *place.statement, place, definitions);
        };
        for (MachineInstr &instr : block) {
            if (instr.isDebugInstr())
                continue;
            // Arguments stay together.
            if (!isArgument(instr))
                sayAt(instr.getIterator(), numbers[&instr]);
            places.step(instr);
            definitions.step(instr);
        }
        if (block.getFirstTerminator() == block.end())
            sayAt(block.end(), ~0u);
    }

    static bool overlap(const DebugVariable &one, const DebugVariable &other) {
        return one.getVariable() == other.getVariable() && one.getInlinedAt() == other.getInlinedAt() &&
               DIExpression::fragmentsOverlap(one.getFragmentOrDefault(), other.getFragmentOrDefault());
    }

    static Place placeOf(const Statement &wanted, const Places &places, LiveIntervals &intervals, MachineBasicBlock &block) {
        if (!wanted.isRegister())
            return wanted.isGone() ? Place() : Place{&wanted, Register(), 0};
        // The local of a register that is not live where the block begins may be another's.
        if (Register first(wanted.value.second);
            !wanted.value.first && !(intervals.hasInterval(first) && intervals.isLiveInToMBB(intervals.getInterval(first), &block)))
            return Place();
        auto [reg, offset] = places.find(wanted.operand.getReg(), wanted.value);
        if (!reg || (offset && !withOffset(wanted, offset)))
            return Place();
        return Place{&wanted, reg, offset};
    }

    // The expression of a statement for a register that has something less; none if more is done with it than adding.
    static const DIExpression *withOffset(const Statement &statement, int64_t offset) {
        const DIExpression *expression = statement.expression;
        ArrayRef<uint64_t> operations = expression->getElements();
        if (!operations.empty() && operations.back() == dwarf::DW_OP_stack_value)
            operations = operations.drop_back();
        int64_t added;
        bool isSum = !statement.isIndirect && DIExpression::get(expression->getContext(), operations)->extractIfOffset(added);
        return isSum ? DIExpression::prepend(expression, DIExpression::StackValue, offset) : nullptr;
    }

    // Says where a variable is, or that it is gone.
    static void say(MachineBasicBlock &block, MachineBasicBlock::iterator before, const Statement &statement, const Place &place,
                    const Definitions &definitions) {
        const MCInstrDesc &debugValue = block.getParent()->getSubtarget().getInstrInfo()->get(TargetOpcode::DBG_VALUE);
        MachineOperand operand = statement.operand;
        if (!place.statement || place.reg)
            operand = MachineOperand::CreateReg(place.reg, false, false, false, false, false, false, 0, true);
        const DIExpression *expression = place.offset ? withOffset(statement, place.offset) : statement.expression;
        MachineInstr *said = BuildMI(block, before, statement.location, debugValue, place.statement && statement.isIndirect, {operand},
                                     statement.variable.getVariable(), expression);
        if (place.reg) {
            meant.push_back(definitions.of(place.reg));
            said->setDebugInstrNum(meant.size());
        }
    }
};

// The marks of the function that is compiled. Functions are compiled one after the other.
std::vector<std::pair<MachineInstr *, Register>> marks;

struct Mark : MachineFunctionPass {
    static char ID;
    Mark() : MachineFunctionPass(ID) {}
    StringRef getPassName() const override { return "Mark registers that have variables"; }

    bool runOnMachineFunction(MachineFunction &function) override {
        marks.clear();
        for (MachineBasicBlock &block : function)
            check(block);
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
                // Of the two registers of a tee, which become one local, the first is looked at.
                MachineInstr *mark = BuildMI(block, at, like->getDebugLoc(), debugValue, false, definition->getOperand(0).getReg(),
                                             like->getDebugVariable(), like->getDebugExpression());
                marks.emplace_back(mark, reg);
            }
        }
        return !marks.empty();
    }

    // Registers that are not used at the same time have become one: drops what was said of one that has another's value now, and the numbers.
    static void check(MachineBasicBlock &block) {
        Definitions definitions;
        for (MachineInstr &instr : block) {
            if (!instr.isDebugInstr())
                definitions.step(instr);
            else if (unsigned number = instr.peekDebugInstrNum(); number && describedRegister(instr))
                if (definitions.of(*describedRegister(instr)) != meant[number - 1])
                    instr.setDebugValueUndef();
        }
        for (MachineInstr &instr : block)
            instr.setDebugInstrNum(0);
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

char Number::ID = 0;
char Restate::ID = 0;
char Mark::ID = 0;
char Resolve::ID = 0;
char End::ID = 0;
RegisterPass<Number> registerNumber("wasm-places-number", "Number instructions between variables");
RegisterPass<Restate> registerRestate("wasm-places-restate", "Say again where variables are");
RegisterPass<Mark> registerMark("wasm-places-mark", "Mark registers that have variables");
RegisterPass<Resolve> registerResolve("wasm-places-resolve", "Say which locals have variables");
RegisterPass<End> registerEnd("wasm-places-end", "End places of locals that are assigned");

// Says in the producer of each unit that places end where they do: then a reader need not guess.
struct Sign : PassInfoMixin<Sign> {
    static bool isRequired() { return true; }
    PreservedAnalyses run(Module &module, ModuleAnalysisManager &) {
        constexpr unsigned Producer = 1;
        for (DICompileUnit *unit : module.debug_compile_units()) {
            std::string producer = (unit->getProducer() + " wootz-places").str();
            unit->replaceOperandWith(Producer, MDString::get(module.getContext(), producer));
        }
        return PreservedAnalyses::all();
    }
};

void insertAfter(TargetPassConfig &config, StringRef pass, char &inserted) {
    if (const PassInfo *info = PassRegistry::getPassRegistry()->getPassInfo(pass))
        config.insertPass(info->getTypeInfo(), &inserted);
    else
        report_fatal_error("this clang has no pass " + pass);
}

RegisterTargetPassConfigCallback callback([](TargetMachine &machine, PassManagerBase &, TargetPassConfig *config) {
    if (!machine.getTargetTriple().isWasm() || machine.getOptLevel() == CodeGenOptLevel::None)
        return;
    insertAfter(*config, "wasm-mem-intrinsic-results", Number::ID);
    insertAfter(*config, "wasm-reg-stackify", Restate::ID);
    insertAfter(*config, "wasm-cfg-stackify", Mark::ID);
    insertAfter(*config, "wasm-explicit-locals", Resolve::ID);
    insertAfter(*config, "livedebugvalues", End::ID);
});

} // namespace

extern "C" PassPluginLibraryInfo llvmGetPassPluginInfo() {
    return {LLVM_PLUGIN_API_VERSION, "wootz-places", "1", [](PassBuilder &builder) {
                builder.registerOptimizerLastEPCallback(
                    [](ModulePassManager &passes, OptimizationLevel, ThinOrFullLTOPhase) { passes.addPass(Sign()); });
            }, nullptr};
}
