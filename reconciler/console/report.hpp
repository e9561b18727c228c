// What a command has to say in the end, in any format: on standard output, in files (--output), in the summary of a job.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/console/session.hpp"
#include "reconciler/show/plan/annotations.hpp"
#include "reconciler/show/plan/shown_plan.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::console {

/// A manifest without a mistake.
struct ValidManifest {
  std::string text;  ///< "ingot.toml is valid: 2 peers, …"
};

/// An apply that is over.
struct AppliedRun {
  const plan::Plan* plan;
  Digest plan_id;
  const apply::Account* account;
  std::string run;  ///< its id
};

using Report = std::variant<show::ShownPlan, ValidManifest, AppliedRun, Problems, Error>;

/// What a report is written with, beside itself.
struct Reporting {
  std::string manifest;     ///< its path
  show::FileNaming naming;  ///< of files in the reports of build servers
  bool verbose = false;
  bool events = false;  ///< as JSON what ended a run early is JSON Lines too: a first line and a result
  show::Style style = show::Style(false);
};

/// The whole report in one format. Pure. A plan must have its intents for `json`.
void write_report(const Report& report, options::Format format, const Reporting& with, show::Output& out);

/// Tells a report wherever it was asked for.
class Reporter {
 public:
  /// Error{usage}: something that is not a file stands where a report is to be written.
  /// `events`: as in Reporting.
  Reporter(const std::vector<options::OutputFile>& files, const Session& session, bool events = false);

  /// Whether some format needs the intents of actions.
  bool wants_intents() const;
  /// Standard output, the files, the summary of the job. Problems are told on standard error too.
  void tell(const Report& report) const;
  /// The files alone.
  void write_files(const Report& report) const;
  /// Runs `work`; what ends it is told in the files, too.
  template <class Work>
  int also_of_failures(Work&& work) const {
    try {
      return std::forward<Work>(work)();
    } catch (const Error& error) {
      tell_failure(error);
      throw;
    }
  }

 private:
  /// Where it is not told anyway. What cannot be written is a warning.
  void tell_failure(const Error& error) const;
  void add_to_summary(const Report& report) const;
  Reporting with(const show::Style& style) const;

  const std::vector<options::OutputFile>& files_;
  const Session& session_;
  const bool events_;
};

}  // namespace ingot::console
