#include "reconciler/apply/verbs/by_deltas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "reconciler/delta/decoder.hpp"
#include "reconciler/transfer/fetch_file.hpp"
#include "reconciler/transfer/kind_check.hpp"

namespace ingot::apply {
namespace {

constexpr std::size_t read_at_once = 1024 * 1024;
/// Another version of zstd packs a little otherwise.
constexpr std::uint64_t least_room = 1024 * 1024;

struct OfNoUse {
  std::string why;
  bool may_be_had_later = false;  ///< then what was fetched stays for the next run
};

/// What is wrong with an image here is no reason not to fetch this one.
template <class Read>
auto base_read(Read read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    throw OfNoUse{.why = "the image that it starts from cannot be read: " + error.text()};
  }
}

/// One image on its way from the base to the last.
struct Between {
  std::unique_ptr<store::StagedImage> bytes;
  transfer::PackedResult result;
};

class Chain {
 public:
  Chain(const ByDeltas& wanted, const Task& task, Run& run) : wanted_(wanted), task_(task), run_(run) {
    for (const plan::DeltaStep& step : steps()) total_ += step.file.length + step.result_size;
  }

  Packed make() {
    reader_of(steps().front(), Between{});                    // nothing is fetched for a base that cannot be read
    for (const plan::DeltaStep& step : steps()) fetch(step);  // all before any is used: the peer may go away
    const std::lock_guard one_at_a_time(run_.applying_deltas);
    Between last;
    for (const plan::DeltaStep& step : steps()) last = apply(step, reader_of(step, last));
    return run_.context.store.keep(*last.bytes, last.result, wanted_.place);
  }

  /// A file that was of no use is not asked for again.
  void drop_all() {
    for (const plan::DeltaStep& step : steps()) drop(step);
  }
  std::uint64_t fetched() const { return fetched_; }

 private:
  const std::vector<plan::DeltaStep>& steps() const { return wanted_.transfer.steps; }
  std::string path_of(const plan::DeltaStep& step) const { return run_.context.store.partial_path(step.file.digest); }
  void drop(const plan::DeltaStep& step) { run_.context.store.drop_partial(step.file.digest); }

  void tell(std::uint64_t of_this_step) {
    run_.events.progress({.address = task_.change.address,
                          .verb = task_.change.verb,
                          .done = done_ + of_this_step,
                          .total = total_,
                          .fetched = fetched_});
  }

  void fetch(const plan::DeltaStep& step) {
    const transfer::FileJob job{
        .file = step.file, .progress = [this](std::uint64_t here) { tell(here); }, .may_go_on = [this] { run_.may_go_on(); }};
    const transfer::FileFetched fetched =
        transfer::fetch_file(run_.peers.connect(wanted_.peer), run_.context.files, run_.throttle, job, path_of(step));
    fetched_ += fetched.bytes;
    done_ += step.file.length;
    if (fetched.failed) throw OfNoUse{.why = fetched.failed->text, .may_be_had_later = fetched.failed->code != Code::untrusted};
  }

  /// The plan has reserved room for the image as the catalog says that it is packed, and as much for each one between.
  void refuse_beyond_plan(store::StagedImage& staged) const {
    const std::uint64_t packed = wanted_.entry.packed ? wanted_.entry.packed->file.length : wanted_.entry.size;
    const auto status = run_.context.files.status(staged.file().path());
    if (status && status->size > packed + packed / 4 + least_room)
      throw OfNoUse{.why = fmt::format("it makes more than the {} that the catalog says", size_text(packed))};
  }

  /// The image that a step starts from.
  store::PlainReader reader_of(const plan::DeltaStep& step, const Between& before) {
    if (before.bytes) return before.bytes->reader();
    const auto object = run_.journal.with_state([&](state::State& state) { return state.object(step.base); });
    if (!object || object->size != step.base_size) throw OfNoUse{.why = "the image that it starts from is not here any more"};
    return base_read([&] { return run_.context.store.plain_reader(step.base, step.base_size, object->packed); });
  }

  Between apply(const plan::DeltaStep& step, store::PlainReader base) {
    const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    Between next{.bytes = run_.context.store.new_image(cores), .result = {}};
    const bool is_last = step.result == wanted_.entry.digest;
    transfer::KindCheck kind(is_last ? wanted_.entry.kind : ImageKind::file);
    std::uint64_t written = 0;
    delta::Decoder decoder(
        {.begin =
             [&](const delta::Header& header) {
               const bool fits = header.base.digest == step.base && header.base.size == step.base_size &&
                                 header.result.digest == step.result && header.result.size == step.result_size;
               if (!fits) throw OfNoUse{.why = "it is for other images than the catalog says"};
             },
         .base = [&](std::uint64_t offset, std::span<char> into) { base_read([&] { base.read(offset, into); }); },
         .result =
             [&](std::string_view bytes) {
               run_.may_go_on();
               next.bytes->write(bytes);
               refuse_beyond_plan(*next.bytes);
               kind.write(bytes);
               written += bytes.size();
               tell(written);
             }});
    read_into(decoder, step);
    if (const std::string why = kind.finish(); !why.empty()) throw OfNoUse{.why = why};
    next.result = next.bytes->finish();
    done_ += step.result_size;
    return next;
  }

  void read_into(delta::Decoder& decoder, const plan::DeltaStep& step) const {
    const auto file = run_.context.files.open(path_of(step), io::OpenFor::read);
    std::string bytes(read_at_once, '\0');
    std::uint64_t offset = 0;
    try {
      while (const std::size_t got = file->read_at(offset, bytes)) {
        decoder.write(std::string_view(bytes).substr(0, got));
        offset += got;
      }
      decoder.finish();
    } catch (const Error& error) {
      if (error.fault() != Fault::untrusted) throw;
      throw OfNoUse{.why = error.text()};
    }
  }

  const ByDeltas& wanted_;
  const Task& task_;
  Run& run_;
  std::uint64_t total_ = 0;  ///< bytes to fetch and to make
  std::uint64_t done_ = 0;   ///< of them, before the step that is under way
  std::uint64_t fetched_ = 0;
};

}  // namespace

std::set<Digest> files_of(const plan::Transfer& transfer) {
  std::set<Digest> files;
  for (const plan::DeltaStep& step : transfer.steps) files.insert(step.file.digest);
  return files;
}

std::variant<MadeByDeltas, NoUse> make_by_deltas(const ByDeltas& wanted, const Task& task, Run& run) {
  const FilesInUse::Lease lease(run.files_in_use, files_of(wanted.transfer), [&run] { run.may_go_on(); });
  Chain chain(wanted, task, run);
  try {
    Packed packed = chain.make();
    return MadeByDeltas{.packed = std::move(packed), .fetched = chain.fetched()};
  } catch (const OfNoUse& no_use) {
    if (!no_use.may_be_had_later) chain.drop_all();
    return NoUse{.why = no_use.why, .fetched = chain.fetched()};
  }
}

}  // namespace ingot::apply
