#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "applier/server/session.h"
#include "daemon/report/service.h"

namespace sluice::daemon {

using LookLine = std::shared_ptr<applier::Lifeline>;

/// One look at a file or a server: work that blocks, and who waits for what it finds. The control thread's,
/// but for run().
class Look {
 public:
  explicit Look(std::string pipeline) : pipeline_(std::move(pipeline)) {}
  virtual ~Look() = default;

  /// From now on others may not join it: what it finds may be older than what they ask for.
  void begins() { begun_ = true; }
  bool begun() const { return begun_; }
  /// Does the work, on a thread where that hurts nobody.
  virtual void run() noexcept = 0;
  /// Hands over what run() has found; the second answer to a look, of whatever kind, goes nowhere.
  virtual void answer() = 0;
  virtual void refuse(const ControlError& error) = 0;
  /// Does anybody still wait for it?
  virtual bool wanted() const = 0;

  const std::string& pipeline() const { return pipeline_; }
  /// Makes the work fail now, as far as it waits for a server. Any thread.
  void cut() { line_->cut(); }

 protected:
  const LookLine& line() const { return line_; }

 private:
  std::string pipeline_;
  bool begun_ = false;
  LookLine line_ = std::make_shared<applier::Lifeline>();
};

/// What was thrown while somebody looked, as an answer; to be called where it has been caught.
ControlError refused_look();

/// A look that finds an Answer.
template <typename Answer>
class LookFor final : public Look {
 public:
  /// Connects to the server, if at all, over the line it is given. What it throws is the answer too.
  using Work = std::function<Answer(const LookLine& line)>;

  LookFor(std::string pipeline, Work work, Reply<Answer> reply)
      : Look(std::move(pipeline)), work_(std::move(work)) {
    join(std::move(reply));
  }

  /// Somebody else wants to know the same, and may: it has not begun.
  void join(Reply<Answer> reply) { replies_.push_back(std::move(reply)); }

  void run() noexcept override {
    try {
      found_.emplace(work_(line()));
    } catch (...) {
      found_.emplace(refused_look());
    }
  }
  void answer() override { tell(*found_); }
  void refuse(const ControlError& error) override { tell(error); }
  bool wanted() const override {
    return std::any_of(replies_.begin(), replies_.end(), [](const auto& reply) { return reply.wanted(); });
  }

 private:
  void tell(const typename Reply<Answer>::Outcome& outcome) {
    for (const auto& reply : std::exchange(replies_, {})) reply(outcome);
  }

  Work work_;
  std::vector<Reply<Answer>> replies_;
  std::optional<typename Reply<Answer>::Outcome> found_;
};

}  // namespace sluice::daemon
