// Changes to a state file: 'e' and then edits of a good one (three bytes where, one byte what), or 'r' and then raw bytes.
// What is in it comes out, or Error{local}; never a crash, never another exception.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "schema/error.hpp"
#include "tests/state/state_fixture.hpp"

namespace {

using namespace ingot;

/// A state with a row or more in every table that a peer or an image fills.
class GoodState final : public StateTest {
 public:
  GoodState() {
    const ServerId peer = server_id(2);
    record({state::PutRegistration{registration(peer, "there"), {}},
            state::PutSubscription{subscription(peer, SelectAll{}, "subscription.there.all")},
            state::PutType{TypeName::of("DB_PSU"), TypeName::of("LINUXOS"), true}, put(copy_row(peer, "copy", 1))});
    add(own_row("own"));
    publish();
    record({state::DropImage{image("own").key}});
    state.raise_floor({.id = peer, .epoch = 1, .serial = 1, .head = {}, .root_version = 1, .issued = at(1)});
    { const state::State closed = std::move(state); }
    bytes_ = bytes_of(path);
  }
  void TestBody() override {}
  const std::string& bytes() const { return bytes_; }
  std::string file() const { return folder.path() + "/edited.db"; }

 private:
  std::string bytes_;
};

std::string edited(std::string bytes, std::string_view edits) {
  for (; edits.size() >= 4; edits.remove_prefix(4)) {
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(edits[i])); };
    bytes[(byte(0) << 16U | byte(1) << 8U | byte(2)) % bytes.size()] = edits[3];
  }
  return bytes;
}

void read_all(const std::string& file) {
  const state::State state = state::State::open(file, state::Access::read_only);
  static_cast<void>(state.snapshot());
  static_cast<void>(catalog_of(state, true));
  state.each_object([](const state::ObjectRow&) {});
  for (const auto& run : state.runs(10)) static_cast<void>(state.run(run.start.id));
  static_cast<void>(state.published());
  static_cast<void>(state.floor(server_id(2)));
  state.check();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static GoodState good;
  if (size == 0 || (data[0] != 'e' && data[0] != 'r')) return -1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  write_bytes(good.file(), data[0] == 'r' ? std::string(text) : edited(good.bytes(), text));
  try {
    read_all(good.file());
  } catch (const Error& error) {
    if (error.fault() != Fault::local && error.fault() != Fault::manifest)
      std::abort();  // the second: another program's, or newer
  }
  return 0;
}
